// `make bench`: whole processes against whole processes, with the same configuration, in one run.
//
// Ours always runs; CLICK= and FASTCLICK= name peers' binaries (click's userlevel driver), which then
// run beside it, in turn. Each round runs every contender with two packet counts and takes the
// difference, so that start-up (and warming up) does not count. Of ROUNDS rounds the median is
// quoted, with the smallest and largest. Ratios, not absolute figures, are what to compare.

import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const ROUNDS = 5
const FEW = 500_000
const MANY = 4_500_000
const TIMEOUT_MS = 120_000

interface Contender {
  readonly name: string
  readonly command: readonly string[]
}

interface Row {
  readonly name: string
  readonly file: string
  /** Number of flows, where the configuration reads them from file $FLOWS. */
  readonly flows?: number
}

const ROWS: readonly Row[] = [
  { name: 'forward chain', file: 'forward.click' },
  { name: 'NAT, 1 flow', file: 'nat.click', flows: 1 },
  { name: 'NAT, 10,000 flows, as many packets held', file: 'nat.click', flows: 10_000 },
]
/** Packets in the round at least: a burst. */
const PACKETS_MIN = 32
const OUT = join(ROOT, 'out', 'bench')

function contenders(): Contender[] {
  const ours = [process.execPath, join(ROOT, 'build', 'cli', 'click.js')]
  const all: Contender[] = [{ name: 'click-up', command: ours }]
  for (const [name, variable] of [
    ['Click', 'CLICK'],
    ['FastClick', 'FASTCLICK'],
  ] as const) {
    const path = process.env[variable]
    if (path === undefined || path === '')
      console.log(`${name}: not run (${variable}= names its binary)`)
    else all.push({ name, command: [path] })
  }
  return all
}

/** Writes one packet for each flow, as FromIPSummaryDump reads them. Flows differ in where they go. */
function writeFlows(flows: number): string {
  const lines = ['!data ip_src sport ip_dst dport ip_proto payload_len']
  for (let i = 0; i < Math.max(flows, PACKETS_MIN); i++) {
    const k = i % flows
    lines.push(`10.0.0.2 5000 198.18.${k >> 8}.${k & 255} 53 U 18`)
  }
  const path = join(OUT, `flows-${flows}.dump`)
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

/** Wall-clock milliseconds of one run. */
function runMs(contender: Contender, { file, flows }: Row, packets: number): number {
  const [command, ...args] = contender.command
  const path = join(ROOT, 'test', 'bench', file)
  const defines = [`N=${packets}`, ...(flows === undefined ? [] : [`FLOWS=${writeFlows(flows)}`])]
  const startMs = performance.now()
  const result = spawnSync(command!, [...args, path, ...defines], {
    timeout: TIMEOUT_MS,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ms = performance.now() - startMs
  if (result.status !== 0)
    throw new Error(`${contender.name} ${file}: ended with ${result.status}\n${result.stderr}`)
  return ms
}

function perPacketNs(contender: Contender, row: Row): number {
  const few = runMs(contender, row, FEW)
  const many = runMs(contender, row, MANY)
  return ((many - few) * 1e6) / (MANY - FEW)
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

mkdirSync(OUT, { recursive: true })
const all = contenders()
const results: Record<string, Record<string, { median: number; min: number; max: number }>> = {}
for (const row of ROWS) {
  const samples = new Map(all.map((c) => [c.name, [] as number[]]))
  for (let round = 0; round < ROUNDS; round++) {
    process.stderr.write(`${row.name}: round ${round + 1} of ${ROUNDS}\r`)
    for (const c of all) samples.get(c.name)!.push(perPacketNs(c, row))
  }
  results[row.name] = Object.fromEntries(
    [...samples].map(([name, ns]) => [
      name,
      { median: median(ns), min: Math.min(...ns), max: Math.max(...ns) },
    ]),
  )
  const ours = median(samples.get('click-up')!)
  console.log(
    `${row.name}, ns a packet (median of ${ROUNDS}, smallest, largest), Node ${process.version}`,
  )
  for (const [name, ns] of samples) {
    const figures = [median(ns), Math.min(...ns), Math.max(...ns)].map((x) =>
      x.toFixed(1).padStart(8),
    )
    const ratio = name === 'click-up' ? '' : `  ${(median(ns) / ours).toFixed(2)} x ours`
    console.log(`  ${name.padEnd(10)}${figures.join('')}${ratio}`)
  }
}
writeFileSync(join(OUT, 'click.json'), `${JSON.stringify(results, null, 2)}\n`)
