// Part of the build: what is started often, each in one file with V8's code cache of what a start
// runs (deploy/load-bundle.cts).
//
//   click.cjs             `click` and all elements
//   replica-code.cjs      a dataplane process's main thread
//   packet-loop-code.cjs  its packet loop's thread, without elements: an artifact brings them
//   runtime.json          what elements may take from that runtime, and its release

import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Metafile } from 'esbuild'
import { classFiles } from '../dataplane/classes.ts'
import { storeArtifact } from '../lib/artifact.ts'
import { freePorts } from '../lib/free-ports.ts'
import { HOME } from '../lib/paths.ts'
import type { ReplicaSpec } from '../lib/wire/messages.ts'

const path = (name: string) => fileURLToPath(new URL(name, HOME))
const ROOT = fileURLToPath(new URL('..', HOME))
const BUILD = fileURLToPath(HOME)
const ESBUILD = `${ROOT}node_modules/.bin/esbuild`
const quoted = (name: string) => JSON.stringify(path(name))
const FILL_CACHES = { CLICK_UP_CODE_CACHE: 'write' }
/** How long the replica that fills the caches may take. */
const REPLICA_MS = 20_000

function run(
  command: string,
  args: readonly string[],
  input: string,
  env: Record<string, string> = {},
): void {
  const all = { ...process.env, ...env }
  const { status, stderr } = spawnSync(command, args, {
    input,
    env: all,
    encoding: 'utf8',
    cwd: BUILD,
  })
  if (status !== 0) throw new Error(`bundle: ${command} ended with ${status}\n${stderr}`)
}

/** Makes deploy/<name>.cjs of a module's text. */
function bundle(name: string, entry: string, more: readonly string[] = []): Metafile {
  const meta = path(`deploy/${name}.meta.json`)
  rmSync(path(`deploy/${name}.cache`), { force: true })
  const options = [
    '--bundle',
    '--format=cjs',
    '--platform=node',
    '--target=node20',
    '--log-level=error',
    '--minify-whitespace',
    '--packages=external',
    // Code from a cache cannot import; it can require.
    '--supported:dynamic-import=false',
    '--define:import.meta.url=bundleUrl',
    // HOME is the folder above lib/, and this file lies as deep.
    "--banner:js=const bundleUrl = require('node:url').pathToFileURL(__filename).href;",
    `--metafile=${meta}`,
    `--outfile=${path(`deploy/${name}.cjs`)}`,
    ...more,
  ]
  run(ESBUILD, options, entry)
  const metafile = JSON.parse(readFileSync(meta, 'utf8')) as Metafile
  rmSync(meta)
  return metafile
}

function checkCaches(names: readonly string[]): void {
  for (const name of names)
    if (!existsSync(path(`deploy/${name}.cache`)))
      throw new Error(`bundle: the code cache of ${name} was not written`)
}

/** Elements are run when they are first asked for. */
function bundleClick(): void {
  const lines = [...classFiles()].map(
    ([name, file]) => `  [${JSON.stringify(name)}, () => import(${JSON.stringify(file)})],`,
  )
  bundle(
    'click',
    [
      `import { bundled } from ${quoted('dataplane/classes.js')}`,
      `import { runCommand } from ${quoted('cli/run.js')}`,
      `bundled(new Map([\n${lines.join('\n')}\n]))`,
      "runCommand(process.argv.slice(2), 'click').then((status) => process.exit(status))",
    ].join('\n'),
  )
  const usual = 'Idle -> c :: Counter -> Discard; Script(TYPE ACTIVE, set x $(c.count), stop)'
  run(process.execPath, [path('deploy/start.cjs'), '-e', usual], '', FILL_CACHES)
  checkCaches(['click'])
}

/** Modules of the runtime: what a packet loop is made of, and what elements import besides. */
function runtimeModules(): string[] {
  const elements = [...classFiles().values()].map((file) => `import ${JSON.stringify(file)}`)
  const all = bundle(
    'packet-loop-code',
    [`import ${quoted('dataplane/worker.js')}`, ...elements].join('\n'),
  )
  return Object.keys(all.inputs)
    .filter((input) => /^(?:dataplane|lib)\//.test(input) && input !== 'dataplane/worker.js')
    .sort()
}

async function bundleReplica(): Promise<void> {
  const modules = runtimeModules()
  const imports = modules.map((name, i) => `import * as m${i} from ${quoted(name)}`)
  const pairs = modules.map((name, i) => `  [${JSON.stringify(name)}, m${i}],`)
  bundle(
    'packet-loop-code',
    [
      ...imports,
      `import { provideRuntime } from ${quoted('lib/runtime.js')}`,
      `import ${quoted('dataplane/worker.js')}`,
      `provideRuntime(new Map([\n${pairs.join('\n')}\n]))`,
    ].join('\n'),
  )
  // Its form without a native part, which is not worth the time to look for and load it.
  const msgpackr = `--alias:msgpackr=${ROOT}node_modules/msgpackr/index.js`
  bundle('replica-code', `import ${quoted('dataplane/main.js')}`, [msgpackr])
  const names = await Promise.all(
    modules.map(async (name) => {
      const found = Object.keys(await import(pathToFileURL(path(name)).href)).sort()
      return [name, found] as const
    }),
  )
  const hash = createHash('sha256')
  for (const name of ['packet-loop-code', 'replica-code'])
    hash.update(readFileSync(path(`deploy/${name}.cjs`)))
  const release = hash.digest('hex').slice(0, 12)
  writeFileSync(
    path('deploy/runtime.json'),
    JSON.stringify({ release, modules: Object.fromEntries(names) }),
  )
}

/** Runs the example NAT on loopback sockets, without an agent, until it is ready. */
async function runReplica(): Promise<void> {
  const { buildArtifact } = await import('../lib/artifact-build.ts')
  const dir = mkdtempSync(join(tmpdir(), 'cu-bundle-'))
  try {
    const config = readFileSync(path('../deploy/examples/nat/nat.click'), 'utf8')
    const artifact = await buildArtifact({ config, configName: 'nat.click', elements: null })
    const [a, b, c, d] = await freePorts(4)
    const spec: ReplicaSpec = {
      replica: 'nat.1',
      service: 'nat',
      host: 'build',
      agent: `ipc://${join(dir, 'agent')}`,
      artifact: storeArtifact(dir, artifact),
      driverSpec: {
        driver: 'udp',
        netns: null,
        frames: 1024,
        ports: [
          { name: 'inside', listen: a, peer: b },
          { name: 'outside', listen: c, peer: d },
        ],
      },
      ports: [
        { name: 'inside', key: 'flow' },
        { name: 'outside', key: 'flow' },
      ],
      bucketsLog2: 10,
      buckets: 'all',
      stream: `ipc://${join(dir, 'stream')}`,
      metricsPort: null,
    }
    await runUntilReady(spec)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
  checkCaches(['replica-code', 'packet-loop-code'])
}

async function runUntilReady(spec: ReplicaSpec): Promise<void> {
  const child = spawn(process.execPath, [path('deploy/replica.cjs')], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...FILL_CACHES },
  })
  const late = setTimeout(() => child.kill('SIGKILL'), REPLICA_MS)
  let said = ''
  const hear = (data: Buffer) => {
    said += data
    if (said.includes('"ready"')) child.kill('SIGTERM')
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  child.stdin.write(`${JSON.stringify(spec)}\n`)
  const [status] = (await once(child, 'close')) as [number | null]
  clearTimeout(late)
  if (status !== 0) throw new Error(`bundle: the replica ended with ${status}\n${said}`)
}

bundleClick()
await bundleReplica()
try {
  await runReplica()
} catch (cause) {
  // Replicas then start without a cache: later, but they start.
  console.error((cause as Error).message)
}
