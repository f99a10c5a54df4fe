// `make bench`: whole processes against whole processes, with the same configuration, in one run.
//
// Ours always runs; CLICK= and FASTCLICK= name peers' binaries (click's userlevel driver), which then
// run beside it, in turn. Each round runs every contender with two packet counts and takes the
// difference, so that start-up (and warming up) does not count. Of ROUNDS rounds the median is
// quoted, with the smallest and largest. Ratios, not absolute figures, are what to compare.
//
// Usage: node build/test/bench/main.js [WORDS OF A ROW'S NAME ...]    (ROUNDS= another count)

import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROWS, type Row } from './rows.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const OUT = join(ROOT, 'out', 'bench')
const ROUNDS = Number(process.env.ROUNDS ?? 5)
const FEW = 500_000
const MANY = 4_500_000
const TIMEOUT_MS = 120_000
/** A variable longer than this is written into the configuration: the system bounds an argument. */
const ARGUMENT_MAX = 100_000

interface Contender {
  readonly name: string
  readonly command: readonly string[]
}

/** ns a packet. */
interface Figures {
  readonly median: number
  readonly min: number
  readonly max: number
}

function contenders(): Contender[] {
  const ours = [process.execPath, join(ROOT, 'build', 'deploy', 'start.cjs')]
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

/** File and variables of a row's configuration, written where they are not there yet. */
function prepare(row: Row): string[] {
  let path = join(ROOT, 'test', 'bench', row.file)
  const defines: string[] = []
  for (const [name, value] of Object.entries(row.make?.(OUT) ?? {})) {
    if (value.length <= ARGUMENT_MAX) {
      defines.push(`${name}=${value}`)
      continue
    }
    const text = readFileSync(path, 'utf8').replace(`$${name}`, () => value)
    path = join(OUT, row.file)
    writeFileSync(path, text)
  }
  return [path, ...defines]
}

/** Wall-clock milliseconds of one run. */
function runMs(contender: Contender, args: readonly string[], packets: number): number {
  const [command, ...first] = contender.command
  const startMs = performance.now()
  const result = spawnSync(command!, [...first, ...args, `N=${packets}`], {
    timeout: TIMEOUT_MS,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ms = performance.now() - startMs
  if (result.status === 0) return ms
  const end = result.signal ?? `status ${result.status}`
  throw new Error(`${contender.name} ${args[0]}: ended with ${end}\n${result.stderr}`)
}

function measure(all: readonly Contender[], row: Row): Map<string, Figures> {
  const args = prepare(row)
  const few = row.few ?? FEW
  const many = row.many ?? MANY
  const samples = new Map(all.map((c) => [c.name, [] as number[]]))
  for (let round = 0; round < ROUNDS; round++) {
    process.stderr.write(`\r\u001b[K${row.name}: round ${round + 1} of ${ROUNDS}`)
    for (const c of all) {
      const ms = runMs(c, args, few)
      samples.get(c.name)!.push(((runMs(c, args, many) - ms) * 1e6) / (many - few))
    }
  }
  process.stderr.write('\r\u001b[K')
  return new Map([...samples].map(([name, ns]) => [name, figuresOf(ns)]))
}

function figuresOf(values: readonly number[]): Figures {
  const sorted = [...values].sort((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)]!
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}

function line(row: Row, all: readonly Contender[], figures: Map<string, Figures>): string {
  const ours = figures.get('click-up')!.median
  const cells = all.map(({ name }) => {
    const { median, min, max } = figures.get(name)!
    const text = `${median.toFixed(1)} (${min.toFixed(1)}–${max.toFixed(1)})`
    return name === 'click-up' ? text : `${text} ${(median / ours).toFixed(2)}x`
  })
  return [row.name.padEnd(46), ...cells.map((cell) => cell.padEnd(27))].join(' ').trimEnd()
}

mkdirSync(OUT, { recursive: true })
const words = process.argv.slice(2)
const rows = ROWS.filter((row) => words.every((word) => row.name.includes(word)))
const all = contenders()
console.log(
  `ns a packet: median of ${ROUNDS} (smallest–largest), how many times ours; ${process.version}`,
)
console.log(['configuration'.padEnd(46), ...all.map((c) => c.name.padEnd(27))].join(' ').trimEnd())
const results: Record<string, Record<string, Figures>> = {}
for (const row of rows) {
  const figures = measure(all, row)
  results[row.name] = Object.fromEntries(figures)
  console.log(line(row, all, figures))
}
writeFileSync(join(OUT, 'click.json'), `${JSON.stringify(results, null, 2)}\n`)
