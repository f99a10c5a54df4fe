// Runs a file of deploy/bundle.ts with V8's code cache of it: half the time of a start from modules,
// each of which is looked for, read and compiled. Without a cache that this Node.js takes, the file
// is compiled as ever; only speed is lost. V8's flags are not changed before (dataplane/tune.ts).

const { readFileSync, writeFileSync } = process.getBuiltinModule('node:fs')
const { createRequire } = process.getBuiltinModule('node:module')
const { join } = process.getBuiltinModule('node:path')
const vm = process.getBuiltinModule('node:vm')

function cached(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}

/** Runs `<name>.cjs`. */
function runBundle(name: string): void {
  const file = join(__dirname, `${name}.cjs`)
  const cache = join(__dirname, `${name}.cache`)
  // esbuild writes ASCII, and leaves out that modules are strict.
  const text = `(function (require, __filename) {'use strict';${readFileSync(file, 'latin1')}\n})`
  const cachedData = cached(cache)
  const script = new vm.Script(text, {
    filename: file,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(cachedData === undefined ? {} : { cachedData }),
  })
  // With what was compiled while it ran, so that the next start need not.
  if (process.env.CLICK_UP_CODE_CACHE === 'write')
    process.once('exit', () => writeFileSync(cache, script.createCachedData()))
  script.runInThisContext()(createRequire(file), file)
}

module.exports = { runBundle }
