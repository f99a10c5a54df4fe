// Starts a dataplane process from one file a thread. The packet loop's thread, whose start is the
// longer one, comes first: it loads while this thread does. deploy/bundle.ts makes the files.

const { join } = process.getBuiltinModule('node:path')
const { Worker } = process.getBuiltinModule('node:worker_threads')
const at = Number(process.hrtime.bigint()) / 1e6
const bundles = require('./load-bundle.cjs')
const thread = new Worker(`${__dirname}/packet-loop.cjs`)
Object.assign(globalThis, { clickUpPrestarted: { worker: thread, processAt: at } })
try {
  const prepare = process.env.CLICK_UP_PREPARE
  // Bytes and number of programs, where the agent knows that the xdp driver will be used.
  if (prepare !== undefined) {
    const [bytes, programs] = prepare.split(' ').map(Number)
    const folder = join(__dirname, '..', 'native')
    require(join(folder, 'clickup.node')).xskPrepare(bytes, join(folder, 'xsk_redirect.bpf.o'), programs)
  }
} catch {
  // Then it is made when it is needed, and whoever needs it says what is wrong.
}
bundles.runBundle('replica-code')
