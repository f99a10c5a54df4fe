// Starts a dataplane process from one file a thread. The packet loop's thread, whose start is the
// longer one, comes first: it loads while this thread does. deploy/bundle.ts makes the files.

const { Worker } = process.getBuiltinModule('node:worker_threads')
const at = Number(process.hrtime.bigint()) / 1e6
const bundles = require('./load-bundle.cjs')
bundles.setFlags()
const thread = new Worker(`${__dirname}/packet-loop.cjs`)
Object.assign(globalThis, { clickUpPrestarted: { worker: thread, processAt: at } })
bundles.runBundle('replica-code')
