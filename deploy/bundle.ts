// Part of the build: `click` and all elements in one file, and V8's code cache of what a start runs.
// deploy/start.cts runs them.

import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { classFiles } from '../dataplane/classes.ts'
import { FLAGS } from '../dataplane/tune.ts'
import { HOME } from '../lib/paths.ts'

const path = (name: string) => fileURLToPath(new URL(name, HOME))
const ROOT = fileURLToPath(new URL('..', HOME))
const ESBUILD = `${ROOT}node_modules/.bin/esbuild`
/** A start that compiles what most starts need. */
const USUAL = 'Idle -> c :: Counter -> Discard; Script(TYPE ACTIVE, set x $(c.count), stop)'

/** The file's module: elements are run when they are first asked for. */
function entry(): string {
  const lines = [...classFiles()].map(
    ([name, file]) => `  [${JSON.stringify(name)}, () => import(${JSON.stringify(file)})],`,
  )
  return [
    `import { bundled } from ${JSON.stringify(path('dataplane/classes.js'))}`,
    `import { runCommand } from ${JSON.stringify(path('cli/run.js'))}`,
    `bundled(new Map([\n${lines.join('\n')}\n]))`,
    "runCommand(process.argv.slice(2), 'click').then((status) => process.exit(status))",
  ].join('\n')
}

function run(command: string, args: readonly string[], input: string, env = process.env): void {
  const { status, stderr } = spawnSync(command, args, { input, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`bundle: ${command} ended with ${status}\n${stderr}`)
}

const file = path('deploy/click.cjs')
const cache = path('deploy/click.cache')
rmSync(cache, { force: true })
const options = [
  '--bundle',
  '--format=cjs',
  '--platform=node',
  '--target=node20',
  '--log-level=error',
  '--minify-whitespace',
  '--packages=external',
  '--define:import.meta.url=bundleUrl',
  // HOME is the folder above lib/, and this file lies as deep.
  "--banner:js=const bundleUrl = require('node:url').pathToFileURL(__filename).href;",
  `--outfile=${file}`,
]
run(ESBUILD, options, entry())
writeFileSync(path('deploy/click.flags'), FLAGS.join('\n'))
run(process.execPath, [path('deploy/start.cjs'), '-e', USUAL], '', {
  ...process.env,
  CLICK_UP_CODE_CACHE: 'write',
})
if (!existsSync(cache)) throw new Error(`bundle: ${cache} was not written`)
