// `make bench-state`: tables of a million rows. What a look-up, an insert and a remove cost beside a
// table in C++, what memory a row takes, and for how long work on a table holds the packet loop.
//
// Usage: node --expose-gc build/test/bench/state.js [lookup] [memory] [pauses]    (ROWS=, ROUNDS=)

import { tuneEngine } from '../../dataplane/tune.ts'
import { median } from './figures.ts'
import { buildYardstick, type Comparison, compareLookups } from './state-lookup.ts'
import { measurePauses, type Phase } from './state-pauses.ts'
import { type AnyTable, rising, SUBJECTS, type Subject } from './state-rows.ts'

const ROWS = Number(process.env.ROWS ?? 1_000_000)
const ROUNDS = Number(process.env.ROUNDS ?? 5)

const NAMES: Readonly<Record<string, string>> = {
  hit: 'look-up',
  chained: 'look-ups that wait',
  miss: 'look-up of no row',
  change: 'remove + insert',
}

function lookups(): void {
  const yardstick = buildYardstick()
  console.log(`ns a row, ${ROWS} rows at random, median of ${ROUNDS} (smallest)`)
  if (yardstick === null) console.log('C++: skipped: needs a C++ compiler')
  for (const subject of SUBJECTS)
    for (const c of compareLookups(subject, ROWS, ROUNDS, yardstick))
      console.log(line(c, subject.name))
}

function line({ what, ours, yardstick }: Comparison, name: string): string {
  const figures = (ns: readonly number[]) =>
    `${median(ns).toFixed(1)} (${Math.min(...ns).toFixed(1)})`.padEnd(16)
  const label = `${name}, ${NAMES[what] ?? what}`.padEnd(32)
  if (yardstick.length === 0) return `${label} ${figures(ours)}`
  const ratio = median(ours.map((ns, k) => ns / yardstick[k]!))
  return `${label} ${figures(ours)} C++ ${figures(yardstick)} ${ratio.toFixed(2)}x`
}

/** Bytes a row at moments of growth, rows and index; beside them the bytes of the columns. */
function memory(): void {
  console.log(`\nbytes a row: what the declared columns do not need (rows + index)`)
  for (const subject of SUBJECTS) {
    const capacity = Math.ceil(ROWS / 0.8)
    const table = subject.make(capacity)
    const keys = rising(capacity)
    const cells: string[] = []
    let worst = 0
    let at = 0
    const step = Math.ceil(capacity / 400)
    for (const share of [0.1, 0.2, 0.4, 0.6, 0.8, 1]) {
      const end = Math.floor(capacity * share)
      for (; at < end; at = Math.min(end, at + step)) {
        subject.insert(table, keys, at, Math.min(end, at + step))
        if (table.size > ROWS / 20) worst = Math.max(worst, extra(subject, table))
      }
      const index = (table.$x.bytes / table.size).toFixed(1)
      cells.push(`${share * 100} %: ${extra(subject, table).toFixed(1)} (index ${index})`)
    }
    console.log(`${subject.name}, ${subject.bytes} bytes of columns, at load ${cells.join(', ')};`)
    console.log(`  most at any time above ${ROWS / 20} rows: ${worst.toFixed(1)}`)
  }
}

function extra(subject: Subject, table: AnyTable): number {
  return (table.$c.bytes + table.$x.bytes) / table.size - subject.bytes
}

function pauses(): void {
  console.log("\nturns of a loop of 256 look-ups, by their time; 'over' 1 ms")
  for (const subject of SUBJECTS) {
    const phases = measurePauses(subject, ROWS)
    const last = phases.reduce(
      (n, p) =>
        Math.max(
          n,
          p.turns.findLastIndex((t) => t > 0),
        ),
      0,
    )
    const head = Array.from({ length: last - 3 }, (_, k) => `<${2 ** (k + 5)}`.padStart(7)).join('')
    console.log(
      `${`${subject.name} (us)`.padEnd(24) + head}   p99.99     max  over   CPU max  over`,
    )
    for (const p of phases) console.log(histogram(p, last))
  }
}

/** The first column: all below 32 us. */
function histogram(p: Phase, last: number): string {
  const few = p.turns.slice(0, 5).reduce((a, b) => a + b)
  const cells = [few, ...p.turns.slice(5, last + 1)].map((n) => `${n || '.'}`.padStart(7)).join('')
  const us = (n: number) => n.toFixed(0).padStart(7)
  return `${p.name.padEnd(24)}${cells}  ${us(p.tailUs)} ${us(p.maxUs)} ${`${p.over}`.padStart(5)}  ${us(p.cpuMaxUs)} ${`${p.cpuOver}`.padStart(5)}`
}

tuneEngine()
const parts = process.argv.slice(2)
const wants = (part: string) => parts.length === 0 || parts.includes(part)
if (wants('lookup')) lookups()
if (wants('memory')) memory()
if (wants('pauses')) pauses()
