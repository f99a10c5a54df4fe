// What an engine costs beside packets: time to read and compile a configuration, to start and stop,
// memory for a packet buffer and for a flow, and garbage that the packet path makes. `make bench`
// runs it after the comparisons.
//
// Usage: node --expose-gc build/test/bench/engine.js

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildRouter } from '../../dataplane/build.ts'
import { Pool } from '../../dataplane/packet.ts'
import { prepare } from '../../dataplane/standalone.ts'
import { StateStore } from '../../dataplane/state.ts'
import { makeTable, type TableInside } from '../../dataplane/table.ts'
import rewriter from '../../elements/tcpudp/IPRewriter.ts'
import { FRAME_SIZE } from '../../lib/limits.ts'
import { median } from './figures.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const CLICK = `${ROOT}build/deploy/start.cjs`
const FRAMES = 65_536
const ROWS = 1_000_000

/** A chain of 50 elements of kinds that forwarding has. */
function fifty(): string {
  const parts = ['InfiniteSource(ACTIVE false)', 'MarkIPHeader', 'CheckIPHeader']
  const more = [
    'Counter',
    'Paint(1)',
    'GetIPAddress(16)',
    'DecIPTTL',
    'IPFilter(allow src net 10.0.0.0/8 && tcp, allow udp dst port 53, allow all)',
    'SetIPChecksum',
    'EtherEncap(0x0800, 1:1:1:1:1:1, 2:2:2:2:2:2)',
    'Strip(14)',
    'IPClassifier(tcp or udp)',
  ]
  for (let i = 0; parts.length < 49; i++) parts.push(more[i % more.length]!)
  return [...parts, 'Discard'].join(' -> ')
}

/** From text to a router, packet buffers aside: a process has them once. */
async function buildMs(text: string, rounds: number): Promise<number> {
  const clock = { nowMs: () => 0, epochUs: () => 0 }
  const pool = new Pool(32)
  const ports = new Map()
  const times: number[] = []
  for (let i = 0; i < rounds; i++) {
    const start = performance.now()
    const { graph } = await prepare(text, { filename: 'bench', clock, print: () => {} })
    const store = new StateStore({ bucketsLog2: 0, pool, clock: { nowMs: 0 } })
    buildRouter(graph, { pool, ports, store, clock, seed: 1, print: () => {} })
    times.push(performance.now() - start)
  }
  return median(times.slice(rounds >> 1))
}

function wallMs(args: readonly string[]): number {
  const times = Array.from({ length: 11 }, () => {
    const start = performance.now()
    const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' })
    if (status !== 0) throw new Error(`${args.join(' ')}: ended with ${status}`)
    return performance.now() - start
  })
  return median(times)
}

function heapBytes(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/** Of a pool's memory and its packets, a frame. */
function packetBytes(): number {
  const before = heapBytes()
  const pool = new Pool(FRAMES)
  return (heapBytes() - before + pool.mem.byteLength) / pool.frames
}

/** A row of IPRewriter's mappings, of which two make a mapping: its own bytes, and with the index. */
function flowRow(): { own: number; all: number } {
  const { key, row } = rewriter.state!.flows as { key: never; row: never }
  const table = makeTable({ key, row }, ROWS, 1024, 1) as unknown as TableInside
  for (let i = 0; i < ROWS; i++) table.insert(i & 1023, Math.imul(i, 0x9e3779b1), 5, i, 6)
  return { own: table.$c.words * 4, all: (table.$c.bytes + table.$x.bytes) / table.$c.size }
}

/** Scavenges of the second ten million packets. */
function scavenges(file: string, defines: readonly string[]): number {
  const run = (n: number) => {
    const args = ['--trace-gc', CLICK, `${ROOT}test/bench/${file}`, ...defines, `N=${n}`]
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    return (stdout.match(/Scavenge/g) ?? []).length
  }
  return run(11_000_000) - run(1_000_000)
}

const router = readFileSync(`${ROOT}test/bench/router.click`, 'utf8').replaceAll('$N', '1')
const packet = packetBytes()
const row = flowRow()
const lines: [string, string][] = [
  [
    '50 elements read, checked and compiled, warm',
    `${(await buildMs(fifty(), 300)).toFixed(2)} ms`,
  ],
  ['the IP router (76 elements)', `${(await buildMs(router, 200)).toFixed(2)} ms`],
  [
    'click-up run of a trivial configuration, start to end',
    `${wallMs([CLICK, '-e', 'Idle -> Discard; DriverManager(stop)']).toFixed(0)} ms`,
  ],
  ['node alone', `${wallMs(['-e', '0']).toFixed(0)} ms`],
  [`memory of a packet buffer (its frame: ${FRAME_SIZE} bytes)`, `${packet.toFixed(0)} bytes`],
  [`memory of a row of IPRewriter (its own: ${row.own} bytes)`, `${row.all.toFixed(0)} bytes`],
  ['scavenges in 10,000,000 packets of the forward chain', `${scavenges('forward.click', [])}`],
]
for (const [what, value] of lines) console.log(`${what.padEnd(60)} ${value}`)
