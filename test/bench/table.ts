// Speed of a table: nanoseconds for a `get` with a read and a write of a column, for a remove and an
// insert, at three sizes; the longest single insert while it grew; and how often the collector ran.
//
//   node --trace-gc build/test/bench/table.js [rows …]
//
// With --trace-gc, `collections` can be told apart from those of the start: none runs in steady state.

import { PerformanceObserver } from 'node:perf_hooks'
import { makeTable } from '../../dataplane/table.ts'

const DECL = {
  key: { saddr: 'i32', daddr: 'i32', sport: 'u16', dport: 'u16', proto: 'u8' },
  row: { packets: 'f64', used: 'time', state: 'u8', port: 'u16', addr: 'i32' },
} as const
type Flows = ReturnType<typeof makeTable<typeof DECL.key, typeof DECL.row>>

const ROUNDS = 1_000_000
/** Odd: every key is met, in an order that caches do not foresee. */
const STRIDE = 40_503

let collections = 0
new PerformanceObserver((list) => {
  collections += list.getEntries().length
}).observe({ entryTypes: ['gc'] })

function grow(table: Flows, n: number): number {
  const clock = new Float64Array(3)
  for (let k = 0; k < n; k++) {
    clock[0] = performance.now()
    table.insert(k & 1023, Math.imul(k, 0x9e3779b1), 5, k & 65535, 80, 6)
    clock[1] = performance.now() - clock[0]!
    if (clock[1]! > clock[2]!) clock[2] = clock[1]!
  }
  return clock[2]!
}

function gets(table: Flows, n: number): number {
  let sum = 0
  for (let k = 0; k < ROUNDS; k++) {
    const q = Math.imul(k, STRIDE) & (n - 1)
    const row = table.get(Math.imul(q, 0x9e3779b1), 5, q & 65535, 80, 6)
    if (row === null) throw new Error('bench: a row is missing')
    row.packets += 1
    sum += row.port
  }
  return sum
}

function churn(table: Flows, n: number): number {
  for (let k = 0; k < ROUNDS; k++) {
    const q = Math.imul(k, STRIDE) & (n - 1)
    table.remove(Math.imul(q, 0x9e3779b1), 5, q & 65535, 80, 6)
    table.insert(q & 1023, Math.imul(q, 0x9e3779b1), 5, q & 65535, 80, 6)
  }
  return table.size
}

/** Best of five, in nanoseconds a round. */
function time(work: (table: Flows, n: number) => number, table: Flows, n: number): string {
  let best = Infinity
  for (let run = 0; run < 5; run++) {
    const start = performance.now()
    work(table, n)
    best = Math.min(best, performance.now() - start)
  }
  return ((best * 1e6) / ROUNDS).toFixed(1).padStart(7)
}

async function main(): Promise<void> {
  const sizes = process.argv.slice(2).map(Number)
  console.log('   rows  get+write  remove+insert  longest insert  collections in steady state')
  for (const n of sizes.length > 0 ? sizes : [1 << 10, 1 << 17, 1 << 20]) {
    const table = makeTable(DECL, 2 * n, 1024, 1)
    const longest = grow(table, n)
    gets(table, n)
    churn(table, n)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const before = collections
    const get = time(gets, table, n)
    const change = time(churn, table, n)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const count = collections - before
    console.log(
      `${`${n}`.padStart(7)} ${get} ns     ${change} ns     ${longest.toFixed(2)} ms  ${count}`,
    )
  }
}

await main()
