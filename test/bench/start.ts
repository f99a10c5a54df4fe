// `make bench-start`: how long a new version takes until it can forward. A real coordinator and a
// real agent; services of 1, 5, 10 and 45 element classes besides what receives and sends, and one
// that brings the code of every class. Each is started cold and from a spare, several times; the
// median is shown, with the phases. Between two starts is time for the spare to be there again.
//
// Beside it, where the environment says so: how long a native Click takes to get new elements in.
//   CLICK_SRC=DIR        a built tree of Click
//   CLICK_BUILD_CMD=CMD  run there by sh, with COUNT= how many elements' files to compile anew;
//                        it compiles them and links
//
// Usage: node build/test/bench/start.js    (RUNS= another count)

import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AnyElement } from '../../dataplane/element.ts'
import { chooseDriver } from '../../dataplane/io/open.ts'
import { loadGraph } from '../../dataplane/load-graph.ts'
import { tuneEngine } from '../../dataplane/tune.ts'
import { type Stage, UdpStage, XdpStage } from '../../demo/stage.ts'
import { type Artifact, storeArtifact } from '../../lib/artifact.ts'
import { buildArtifact } from '../../lib/artifact-build.ts'
import { accelerated, loadArtifact } from '../../lib/artifact-load.ts'
import { machineMs } from '../../lib/clock.ts'
import { classFiles } from '../../lib/element-files.ts'
import { readServiceFile } from '../../lib/service-file.ts'
import type { ServicePort, ServiceSettings, Upgraded } from '../../lib/wire/messages.ts'
import { connectClient } from '../../lib/wire/zeromq.ts'
import { median, sleep } from './figures.ts'

const OUT = fileURLToPath(new URL('../../../out/bench', import.meta.url))
const RUNS = Number(process.env.RUNS ?? 5)
const SPARE_MS = 20_000
/** So that an upgrade's end, the old replica's teardown, does not run beside the next start. */
const PAUSE_MS = 600

/** New modules → seconds that building them into Click is published to take. */
const PUBLISHED: ReadonlyMap<number, number> = new Map([
  [1, 3.8],
  [5, 4.1],
  [10, 5.65],
  [45, 14.5],
])
const SIZES = [...PUBLISHED.keys()]

/** Classes that can stand in a path one after the other; a service of N has the first N. */
const CHAIN =
  `Counter CheckIPHeader DecIPTTL SetIPChecksum AverageCounter IPFilter MarkIPHeader Print IPReassembler
  RadixIPLookup AggregateCounter AggregateIPFlows AggregateLength AggregatePaint AnonymizeIPAddr Bypass
  CheckARPHeader CheckCRC32 CheckICMPHeader CheckIP6Header CheckPacket CheckTCPHeader CheckUDPHeader
  DecIP6HLIM DropBroadcasts EnsureEther EraseIPPayload EtherMirror Hub ICMPPingResponder IP6Mirror IP6Print
  IPMirror IPPrint LookupIP6Route MarkIPCE MarkMACHeader Null Pad PaintSwitch Resize RandomSwitch SetCRC32
  SetTimestamp Switch`.split(/\s+/)
const ARGUMENTS: Readonly<Record<string, string>> = {
  IPFilter: 'allow all',
  Print: 'ACTIVE false',
  IPPrint: 'ACTIVE false',
  RadixIPLookup: '0/0 0',
  LookupIP6Route: '::0/0 ::0 0',
}

interface Version {
  readonly name: string
  readonly config: string
  readonly artifact: Artifact
  /** Its elements with state, which no other version takes. */
  readonly stateful: readonly string[]
}

function chainOf(count: number): string {
  const made = CHAIN.slice(0, count).map((name) => `${name}(${ARGUMENTS[name] ?? ''})`)
  const path = ['FromDevice(inside)', ...made, 'ToDevice(outside)'].join(' -> ')
  return `// ${count}\n${path};\nFromDevice(outside) -> ToDevice(inside);\n`
}

async function makeVersion(name: string, config: string, also: readonly string[], dir: string) {
  tuneEngine() // code caches fit only the same flags
  const source = { config, configName: 'start.click', elements: null, also }
  const built = await buildArtifact(source)
  const loaded = await loadArtifact<AnyElement>(storeArtifact(dir, built))
  const text = { config, configName: 'start.click', defines: {} }
  const { flat, errors } = await loadGraph(text, loaded.classes, { builtIn: false })
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  const stateful = flat.elements.filter((e) => {
    const { state } = loaded.classes.find((c) => c.name === e.className) ?? {}
    const declared = Object.values((state ?? {}) as Record<string, { scope?: string }>)
    return declared.some(({ scope }) => scope !== 'local')
  })
  const names = stateful.map((e) => e.name)
  return { name, config, artifact: accelerated(built, loaded), stateful: names } satisfies Version
}

async function makeVersions(dir: string): Promise<Version[]> {
  const sizes = SIZES.map((n) => makeVersion(String(n), chainOf(n), [], dir))
  const all = [...classFiles().keys()]
  return [...(await Promise.all(sizes)), await makeVersion('1, all loaded', chainOf(1), all, dir)]
}

/** Upgrades a service to each version in turn, RUNS times. */
async function measure(stage: Stage, versions: readonly Version[], spares: number) {
  const settings = await startService(stage, versions.at(-1)!, spares)
  const client = connectClient(endpointOf(stage), `cli:bench-${spares}`, {})
  const results = new Map<string, Upgraded[]>(versions.map(({ name }) => [name, []]))
  try {
    let taken = 1
    let discard = versions.at(-1)!.stateful
    for (let run = 0; run < RUNS; run++)
      for (const { name, artifact, stateful } of versions) {
        await sleep(PAUSE_MS)
        if (spares > 0) await spareReady(stage, taken++)
        const { version, bytes } = artifact
        const body = { service: 'start', version, artifact: bytes, settings, map: {}, discard }
        results.get(name)!.push((await client.request('service.upgrade', body)) as Upgraded)
        discard = stateful
      }
    return { results, settings }
  } finally {
    await client.close()
  }
}

async function startService(stage: Stage, { artifact }: Version, spares: number) {
  await stage.cluster.start('coordinator')
  await stage.cluster.start('agent', {}, ['--spares', String(spares)])
  const { settings: nat } = readServiceFile(stage.serviceFile('v2'))
  const settings: ServiceSettings = { ...nat, service: 'start' }
  const client = connectClient(endpointOf(stage), 'cli:bench-deploy', {})
  const { version, bytes } = artifact
  await client.request('service.deploy', { settings, version, artifact: bytes })
  await client.close()
  return settings
}

const endpointOf = (stage: Stage) => `ipc://${join(stage.cluster.dir, 'coordinator.sock')}`
/** Waits until the agent has said so often that a spare is there. */
async function spareReady(stage: Stage, times: number): Promise<void> {
  const end = machineMs() + SPARE_MS
  const log = join(stage.cluster.dir, 'agent.log')
  while (readFileSync(log, 'utf8').split('"spare_ready"').length <= times) {
    if (machineMs() > end) throw new Error(`no spare: see ${log}`)
    await sleep(50)
  }
}

/** The command as a person gives it: until packets go to the new version, and until it has ended. */
async function commandTimes(
  stage: Stage,
  settings: ServiceSettings,
  count: number,
  running: Version,
) {
  const file = join(stage.cluster.dir, `start-${count}.yaml`)
  const ports = Object.fromEntries(settings.ports.map((port) => [port.name, portText(port)]))
  const { driver, service } = settings
  const buckets = 2 ** settings.bucketsLog2
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ service, config: chainOf(count), buckets, driver, ports }))
  const begun = machineMs()
  let forwards = Number.NaN
  const discard = running.stateful.flatMap((name) => ['--discard', name])
  const args = ['upgrade', 'start', '--to', file, ...discard]
  const { code, events } = await stage.cluster.run(args, ({ event, step }) => {
    if (event === 'step' && step === 'forget') forwards = machineMs() - begun
  })
  if (code !== 0) throw new Error(JSON.stringify(events.at(-1)))
  return { forwards, ended: machineMs() - begun }
}

function portText(port: ServicePort): object {
  const { key, listen, peer } = port
  return port.interface === null
    ? { key, udp: { listen, peer } }
    : { key, interface: port.interface }
}

const cell = (value: number | string, width = 10) =>
  (typeof value === 'number' ? value.toFixed(0) : value).padStart(width)

function printTable(title: string, results: ReadonlyMap<string, readonly Upgraded[]>): void {
  const steps = ['spawn', 'runtime', 'interfaces', 'artifact', 'graph', 'driver', 'ready']
  console.log(`\n${title} (ms; median of ${RUNS})`)
  console.log(
    [
      cell('modules', 14),
      cell('ready'),
      cell('least'),
      ...steps.map((s) => cell(s)),
      cell('links'),
    ].join(''),
  )
  for (const [name, upgrades] of results) {
    const ready = upgrades.map((u) => u.replica_ready_ms)
    const phase = (step: string) =>
      median(upgrades.map((u) => u.start?.phases.find((p) => p.step === step)?.ms ?? 0))
    const links = median(upgrades.map((u) => u.start?.interfaces_ms ?? 0))
    const cells = [cell(name, 14), cell(median(ready)), cell(Math.min(...ready))]
    console.log([...cells, ...steps.map((s) => cell(phase(s))), cell(links)].join(''))
  }
}

/** Seconds that the given command takes for so many files of elements; null: not given. */
function clickBuild(count: number): number | null {
  const { CLICK_SRC: cwd, CLICK_BUILD_CMD: command } = process.env
  if (cwd === undefined || command === undefined) return null
  const env = { ...process.env, COUNT: String(count) }
  const begun = machineMs()
  const { status } = spawnSync('sh', ['-c', command], { cwd, env, stdio: 'ignore' })
  return status === 0 ? (machineMs() - begun) / 1000 : Number.NaN
}

const { driver, reason } = chooseDriver()
console.log(`driver ${driver} (${reason}), Node.js ${process.version}`)
const report: Record<string, unknown> = { driver, node: process.version, runs: RUNS }
mkdirSync(OUT, { recursive: true })
const summary = new Map<string, Map<string, number>>()
for (const [title, spares] of [
  ['cold', 0],
  ['from a spare', 1],
] as const) {
  const stage = driver === 'xdp' ? await XdpStage.create() : await UdpStage.create()
  try {
    const versions = await makeVersions(join(stage.cluster.dir, 'versions'))
    const { results, settings } = await measure(stage, versions, spares)
    printTable(title, results)
    const medians = [...results].map(([name, all]): [string, number] => [
      name,
      median(all.map((u) => u.replica_ready_ms)),
    ])
    summary.set(title, new Map(medians))
    await sleep(PAUSE_MS)
    if (spares > 0) await spareReady(stage, RUNS * versions.length + 1)
    const times = await commandTimes(stage, settings, 5, versions.at(-1)!)
    console.log(
      `  \`click-up upgrade\` with 5 modules: forwards after ${times.forwards.toFixed(0)} ms, ` +
        `the command ends after ${times.ended.toFixed(0)} ms`,
    )
    report[title] = { upgrades: Object.fromEntries(results), command: times }
  } finally {
    await stage.close()
  }
}
console.log('\nnew modules, until they forward (s)')
console.log(
  [
    cell('modules'),
    cell('cold'),
    cell('spare'),
    cell('Click, published', 18),
    cell('Click, built here', 19),
  ].join(''),
)
for (const count of SIZES) {
  const own = ['cold', 'from a spare'].map((t) =>
    (summary.get(t)!.get(String(count))! / 1000).toFixed(3),
  )
  const here = clickBuild(count)
  const build = here === null ? 'not given' : here.toFixed(1)
  console.log(
    [
      cell(String(count)),
      ...own.map((t) => cell(t)),
      cell(String(PUBLISHED.get(count)), 18),
      cell(build, 19),
    ].join(''),
  )
}
writeFileSync(join(OUT, 'start.json'), `${JSON.stringify(report, null, 2)}\n`)
