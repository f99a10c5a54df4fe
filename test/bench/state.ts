// `make bench-state`: tables of a million rows. What a look-up, an insert and a remove cost beside a
// table in C++, what memory a row takes, and for how long work on a table holds the packet loop.
//
// Usage: node --expose-gc build/test/bench/state.js [lookup] [memory] [pauses]    (ROWS=, ROUNDS=)

import { tuneEngine } from '../../dataplane/tune.ts'
import { buildYardstick, type Comparison, compareLookups } from './state-lookup.ts'
import { SUBJECTS } from './state-rows.ts'

const ROWS = Number(process.env.ROWS ?? 1_000_000)
const ROUNDS = Number(process.env.ROUNDS ?? 5)

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!

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
  const label = `${name}, ${what === 'change' ? 'remove + insert' : what}`.padEnd(30)
  if (yardstick.length === 0) return `${label} ${figures(ours)}`
  const ratio = median(ours.map((ns, k) => ns / yardstick[k]!))
  return `${label} ${figures(ours)} C++ ${figures(yardstick)} ${ratio.toFixed(2)}x`
}

tuneEngine()
const parts = process.argv.slice(2)
const wants = (part: string) => parts.length === 0 || parts.includes(part)
if (wants('lookup')) lookups()
