// What converting rows costs in a move, by where and how: rows a second and memory, beside a copy of
// rows as they are. `node build/test/bench/evolution.js [ROWS]`

import { type Step, type TableDecl, table } from '../../dataplane/declare.ts'
import { Pool } from '../../dataplane/packet.ts'
import { StateStore } from '../../dataplane/state.ts'
import { planTransfer } from '../../dataplane/state-plan.ts'
import { SnapshotSource } from '../../dataplane/state-source.ts'
import { SnapshotTarget } from '../../dataplane/state-target.ts'
import { CHUNK_BYTES } from '../../lib/limits.ts'

const ROWS = Number(process.argv[2] ?? 200_000)
const RUNS = 3
const KEY = { saddr: 'i32', daddr: 'i32', ports: 'i32', proto: 'u8' } as const
const ROW = { to: 'i32', packets: 'f64', seen: 'time' } as const
const BASE = { scope: 'flow', key: KEY, row: ROW, capacity: ROWS } as const

const add: Step = (r) => ({ ...r, bytes: 0 })
const drop: Step = ({ bytes: _bytes, ...r }) => r
const rename: Step = ({ ports, ...r }) => ({ ...r, sport: ports! })
const MORE = { ...ROW, bytes: 'f64' } as const
const RENAMED = { saddr: 'i32', daddr: 'i32', sport: 'i32', proto: 'u8' } as const

const v1 = table({ ...BASE, version: 1 }) as TableDecl
const CASES: readonly (readonly [string, TableDecl, TableDecl])[] = [
  ['as they are', v1, v1],
  [
    'a column is added: the new version converts',
    v1,
    table({ ...BASE, version: 2, row: MORE, upgrade: { 1: add } }) as TableDecl,
  ],
  [
    'back: the running version converts',
    table({ ...BASE, version: 2, row: MORE, downgrade: { 1: drop } }) as TableDecl,
    v1,
  ],
  [
    'a key column is renamed: the new version converts',
    v1,
    table({ ...BASE, version: 2, key: RENAMED, upgrade: { 1: rename } }) as TableDecl,
  ],
  [
    'back: the running version converts',
    table({ ...BASE, version: 2, key: KEY, downgrade: { 1: rename } }) as TableDecl,
    table({ ...BASE, version: 1, key: RENAMED }) as TableDecl,
  ],
]

function side(decl: TableDecl) {
  const store = new StateStore({ bucketsLog2: 8, clock: { nowMs: 1e6 }, pool: new Pool(4) })
  // biome-ignore lint/suspicious/noExplicitAny: rows of any declaration
  const flows: any = store.instantiate('x', 'X', 'flows', decl, ROWS, null, () => null)
  return { store, flows }
}

/** Milliseconds of source and target together, and bytes beside the tables at the end. */
function run(from: TableDecl, to: TableDecl): { readonly ms: number; readonly bytes: number } {
  const [o, n] = [side(from), side(to)]
  for (let k = 0; k < ROWS; k++) {
    const row = o.flows.insert(k & 255, k, -k, k * 7, 6)
    row.seen = 1e6 - k
    row.packets = k
  }
  const planned = planTransfer(o.store.schemas(), n.store.schemas())
  if (!planned.ok) throw new Error(JSON.stringify(planned.findings))
  globalThis.gc?.()
  const before = used()
  const began = performance.now()
  const source = new SnapshotSource(o.store, planned.plan, new Uint8Array(256).fill(1))
  const target = new SnapshotTarget(n.store, planned.plan)
  for (let c = source.finish(CHUNK_BYTES); c !== null; c = source.finish(CHUNK_BYTES))
    target.apply(c)
  const ms = performance.now() - began
  globalThis.gc?.()
  const bytes = used() - before
  target.commit()
  if (n.flows.size !== ROWS) throw new Error(`${n.flows.size} rows of ${ROWS}`)
  return { ms, bytes }
}

function used(): number {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return heapUsed + external + arrayBuffers
}

console.log(`${ROWS} rows, best of ${RUNS}`)
for (const [name, from, to] of CASES) {
  const runs = Array.from({ length: RUNS }, () => run(from, to))
  const ms = Math.min(...runs.map((r) => r.ms))
  const rate = `${(ROWS / ms / 1000).toFixed(2)} million rows/s`
  const bytes =
    globalThis.gc === undefined ? '' : `, ${Math.round(runs[0]!.bytes / ROWS)} bytes a row`
  console.log(`${name.padEnd(52)} ${rate}${bytes}`)
}
