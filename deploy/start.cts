// Starts `click` from one file with V8's code cache: half the time of a start from modules, each of
// which is looked for, read and compiled. deploy/bundle.ts makes both files. Without a cache that
// this Node.js takes, the file is compiled as ever; only speed is lost.

const { readFileSync, writeFileSync } = process.getBuiltinModule('node:fs')
const { createRequire } = process.getBuiltinModule('node:module')
const { join } = process.getBuiltinModule('node:path')
const { setFlagsFromString } = process.getBuiltinModule('node:v8')
const vm = process.getBuiltinModule('node:vm')

const FILE = join(__dirname, 'click.cjs')
const CACHE = join(__dirname, 'click.cache')
/** One a line: those of dataplane/tune.ts. A cache is taken only under the flags it was made with. */
const FLAGS = join(__dirname, 'click.flags')

function cached(): Buffer | undefined {
  try {
    return readFileSync(CACHE)
  } catch {
    return undefined
  }
}

for (const flag of readFileSync(FLAGS, 'utf8').split('\n')) setFlagsFromString(flag)
// esbuild writes ASCII.
const text = `(function (require, __filename) {${readFileSync(FILE, 'latin1')}\n})`
const cachedData = cached()
const script = new vm.Script(text, {
  filename: FILE,
  importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  ...(cachedData === undefined ? {} : { cachedData }),
})
// With what was compiled while it ran, so that the next start need not.
if (process.env.CLICK_UP_CODE_CACHE === 'write')
  process.once('exit', () => writeFileSync(CACHE, script.createCachedData()))
script.runInThisContext()(createRequire(FILE), FILE)
