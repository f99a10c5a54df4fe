// Look-up, insert and remove in a table of a million rows beside the yardstick in C++ (yardstick/
// table.cpp), in turn; CPU time, so that other processes count less. A ratio is of neighbouring runs.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type AnyTable, orderOf, rising, type Subject } from './state-rows.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const SOURCE = join(ROOT, 'test', 'bench', 'yardstick', 'table.cpp')
const BINARY = join(ROOT, 'build', 'yardstick', 'table')

const WHAT = ['hit', 'chained', 'miss', 'insert', 'change'] as const
export type What = (typeof WHAT)[number]
/** ns a row. */
type Figures = Readonly<Record<What, number>>

export interface Comparison {
  readonly what: What
  readonly ours: readonly number[]
  /** Empty: there is no compiler. */
  readonly yardstick: readonly number[]
}

/** Path of the yardstick's program; null: there is no C++ compiler. */
export function buildYardstick(): string | null {
  const compiler = process.env.CXX ?? 'c++'
  if (spawnSync(compiler, ['--version']).status !== 0) return null
  mkdirSync(join(BINARY, '..'), { recursive: true })
  const flags = ['-O3', '-march=native', '-std=c++17', '-Wall', '-Wextra']
  execFileSync(compiler, [...flags, '-o', BINARY, SOURCE], { stdio: 'inherit' })
  return BINARY
}

export function compareLookups(
  subject: Subject,
  rows: number,
  rounds: number,
  yardstick: string | null,
): Comparison[] {
  const order = orderOf(rows)
  warmUp(subject)
  const ours: Figures[] = []
  const theirs: Figures[] = []
  for (let round = 0; round < rounds; round++) {
    ours.push(measure(subject, rows, order))
    if (yardstick !== null) theirs.push(runYardstick(yardstick, subject, rows))
  }
  return WHAT.map((what) => ({
    what,
    ours: ours.map((f) => f[what]),
    yardstick: theirs.map((f) => f[what]),
  }))
}

/** Loops are compiled before they are timed, on a table that fits the caches. */
function warmUp(subject: Subject): void {
  const order = orderOf(20_000)
  for (let n = 0; n < 5; n++) measure(subject, order.length, order)
}

function measure(subject: Subject, rows: number, order: Int32Array): Figures {
  const table = subject.make(Math.ceil(rows / 0.8))
  const time = (
    work: (t: AnyTable, o: Int32Array, from: number, to: number) => unknown,
    keys = order,
  ) => {
    const start = process.cpuUsage()
    work(table, keys, 0, rows)
    const { user, system } = process.cpuUsage(start)
    return ((user + system) * 1000) / rows
  }
  const insert = time(subject.insert, rising(rows))
  time(subject.hit)
  const hit = time(subject.hit)
  const chained = time(subject.chained)
  const miss = time(subject.miss)
  time(subject.change)
  return { hit, chained, miss, insert, change: time(subject.change) }
}

function runYardstick(path: string, subject: Subject, rows: number): Figures {
  const text = execFileSync(path, [subject.name, `${rows}`], { encoding: 'utf8' })
  const of = (what: What) => Number(new RegExp(`^${what} (.*)$`, 'm').exec(text)![1])
  return {
    hit: of('hit'),
    chained: of('chained'),
    miss: of('miss'),
    insert: of('insert'),
    change: of('change'),
  }
}
