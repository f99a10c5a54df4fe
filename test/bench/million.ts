// `make bench-million`: upgrades of the example NAT with a million live flows and a steady stream
// of packets in both directions: what was lost or reordered, how long packets waited, how long it
// took. First between versions with the same tables, then with every row converted, both ways.
//
//   node build/test/bench/million.js [flows=1000000] [pps=100000] [count=20]
//
// Exit status 1 where anything was lost, reordered or came twice.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Cluster } from '../../demo/cluster.ts'
import { NatLab } from '../../demo/lab.ts'
import type { Upgraded } from '../../lib/wire/messages.ts'
import { wireLacks } from '../lab/wire/helper.ts'
import { percentileUs, type Received } from '../lab/wire/sink.ts'
import { distribution, sleep } from './figures.ts'
import { between, type Direction, MillionTraffic, Versions } from './million/stage.ts'

const OUT = fileURLToPath(new URL('../../../out/bench', import.meta.url))
const PAUSE_MS = 1_000
/** How long the delay without an upgrade is measured. */
const QUIET_MS = 3_000
const HEAD = '   n  hold ms   held     rows   deltas    MB  precopy  ready   total ms'

interface Options {
  flows: number
  pps: number
  count: number
}

function optionsOf(args: readonly string[]): Options {
  const options: Options = { flows: 1_000_000, pps: 100_000, count: 20 }
  for (const arg of args) {
    const [name, value] = arg.split('=') as [keyof Options, string]
    if (!Object.hasOwn(options, name) || !(Number(value) > 0))
      throw new Error(`bench-million: '${arg}': say flows=N, pps=N or count=N`)
    options[name] = Number(value)
  }
  return options
}

function text(values: readonly number[]): string {
  const { median, p90, p99, max } = distribution(values)
  const ms = (n: number) => n.toFixed(2)
  return `median ${ms(median)}, p90 ${ms(p90)}, p99 ${ms(p99)}, max ${ms(max)}`
}

function line(n: number, u: Upgraded): string {
  const precopy = u.phases.find((p) => p.step === 'precopy')?.ms ?? 0
  return [
    String(n).padStart(4),
    u.hold_ms.toFixed(2).padStart(9),
    String(u.packets_held).padStart(7),
    String(u.rows_moved).padStart(9),
    String(u.deltas).padStart(9),
    (u.bytes / 1e6).toFixed(0).padStart(6),
    precopy.toFixed(0).padStart(9),
    u.replica_ready_ms.toFixed(0).padStart(7),
    u.total_ms.toFixed(0).padStart(11),
  ].join('')
}

/** Delays of packets, made on one end and taken at the other. */
function delays(r: Received) {
  const us = (share: number) => percentileUs(r, share)
  return { p50_us: us(0.5), p99_us: us(0.99), p9999_us: us(0.9999), max_us: us(1) }
}

async function series(
  at: { cluster: Cluster; traffic: MillionTraffic },
  title: string,
  files: readonly string[],
  count: number,
) {
  console.log(`\n${title}\n${HEAD}`)
  const upgrades: Upgraded[] = []
  const from = await at.traffic.counters()
  for (let n = 0; n < count; n++) {
    await sleep(PAUSE_MS)
    const to = files[n % files.length]!
    const { code, events } = await at.cluster.run(['upgrade', 'nat', '--to', to])
    if (code !== 0) throw new Error(`upgrade ${n + 1}: ${JSON.stringify(events.at(-1))}`)
    const u = events.at(-1) as unknown as Upgraded
    upgrades.push(u)
    console.log(line(n + 1, u))
  }
  const to = await at.traffic.counters()
  const hold = upgrades.map((u) => u.hold_ms)
  const total = upgrades.map((u) => u.total_ms)
  const delay = delays(between(from.there, to.there))
  console.log(`  hold ms:  ${text(hold)}`)
  console.log(`  total ms: ${text(total)}`)
  console.log(`  delay of packets, µs: ${JSON.stringify(delay)}`)
  const lost = to.there.lost - from.there.lost + to.back.lost - from.back.lost
  console.log(`  missing sequence numbers: ${lost}`)
  return {
    title,
    hold_ms: distribution(hold),
    total_ms: distribution(total),
    delay,
    each: upgrades,
  }
}

function clean(d: Direction): boolean {
  return d.lost + d.reordered + d.duplicated + d.damaged === 0
}

async function measure(lab: NatLab, cluster: Cluster, options: Options): Promise<boolean> {
  await cluster.start('coordinator')
  await cluster.start('agent')
  const versions = new Versions(cluster.dir, options.flows)
  const v1 = versions.make('v1', 'v1')
  const v2 = versions.make('v2', 'v2')
  const v3 = versions.make('v3', 'v2', '\nIdle -> more :: Counter -> Discard;\n')
  const deployed = await cluster.run(['deploy', v2])
  if (deployed.code !== 0) throw new Error(JSON.stringify(deployed.events))
  console.log(`making ${options.flows} flows`)
  const traffic = await MillionTraffic.start(lab, options.flows, options.pps)
  try {
    await sleep(PAUSE_MS)
    const from = await traffic.counters()
    await sleep(QUIET_MS)
    const to = await traffic.counters()
    const packets = to.there.packets + to.back.packets - from.there.packets - from.back.packets
    const pps = Math.round((packets * 1000) / QUIET_MS)
    const quiet = delays(between(from.there, to.there))
    console.log(`${pps} packets/s; delay without an upgrade, µs: ${JSON.stringify(quiet)}`)
    const at = { cluster, traffic }
    const all = [
      await series(at, 'the same tables', [v3, v2], options.count),
      await series(at, 'every row converted (down, up)', [v1, v2], options.count),
    ]
    const { there, back, forgone } = await traffic.finish()
    const ok = clean(there) && clean(back)
    console.table({ there, back })
    const node = process.version
    const report = { ...options, node, ok, pps, forgone, there, back, quiet, series: all }
    mkdirSync(OUT, { recursive: true })
    writeFileSync(join(OUT, 'million.json'), `${JSON.stringify(report, null, 2)}\n`)
    console.log(ok ? 'ok' : 'NOT ok: see above')
    return ok
  } finally {
    await traffic.stop()
  }
}

const lacks = wireLacks()
if (lacks !== null) {
  console.log(`skipped: needs ${lacks}`)
  process.exit(0)
}
const options = optionsOf(process.argv.slice(2))
const lab = await NatLab.create('million')
const cluster = new Cluster(lab.startOnHost)
try {
  process.exitCode = (await measure(lab, cluster, options)) ? 0 : 1
} finally {
  await cluster.stop()
  await lab.close()
}
