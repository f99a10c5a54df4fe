// `make compare`: random configurations, run by us and by Click's binary, compared packet by packet.
//
// CLICK= names the binary; without it nothing is compared. SEED= the first case's seed, COUNT= how
// many cases, ONLY= a generator's name (or several, with commas). Each case that differs is shrunk
// and written to out/compare/<generator>-<seed>/, with what each program made of it.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Random } from '../../lib/random.ts'
import { argsOf, type Case, configText, type Generator } from './case.ts'
import { compare, type Difference, type Programs, writeCase } from './run-both.ts'
import { shrink } from './shrink.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const OUT = join(ROOT, 'out', 'compare')
const SHRINK_RUNS = 40
const SHRINK_SECONDS = 30
/** Lines shown of each side of a difference. */
const LINES_SHOWN = 3

/** Generators by name: each file of generators/ is one. */
export async function generators(): Promise<Map<string, Generator>> {
  const folder = fileURLToPath(new URL('generators', import.meta.url))
  const found = new Map<string, Generator>()
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .sort()) {
    const module = (await import(join(folder, file))) as { generator: Generator }
    found.set(file.slice(0, -3), module.generator)
  }
  return found
}

/** The case of a seed: always the same. */
export function caseOf(all: ReadonlyMap<string, Generator>, seed: number): [string, Case] {
  const random = new Random(seed)
  const total = [...all.values()].reduce((sum, g) => sum + g.weight, 0)
  let at = random.next() * total
  for (const [name, { make, weight }] of all) {
    if (at < weight) return [name, make(random)]
    at -= weight
  }
  throw new Error('no generator')
}

function report(name: string, seed: number, small: Case, found: readonly Difference[]): void {
  const folder = join(OUT, `${name}-${seed}`)
  writeCase(small, folder)
  for (const { where, ours, theirs } of found) {
    writeFileSync(join(folder, `${where}.ours`), ours, 'latin1')
    writeFileSync(join(folder, `${where}.theirs`), theirs, 'latin1')
  }
  console.log(`\n${name} SEED=${seed}: click ${argsOf(small).join(' ')}    (in ${folder})`)
  console.log(configText(small).replaceAll(/^/gm, '    '))
  for (const { where, ours, theirs } of found) {
    const [a, b] = [ours.split('\n'), theirs.split('\n')]
    const first = a.findIndex((line, k) => line !== b[k])
    const from = first === -1 ? a.length - 1 : first
    const show = (lines: string[]) => lines.slice(from, from + LINES_SHOWN).join('\n           ')
    console.log(`  ${where}:\n    ours:  ${show(a)}\n    Click: ${show(b)}`)
  }
}

/** Exit status: 0 when nothing differed. */
async function main(): Promise<number> {
  const click = process.env.CLICK ?? ''
  if (click === '') {
    console.log("compare: nothing to compare with: CLICK= names Click's userlevel binary")
    return 0
  }
  const only = (process.env.ONLY ?? '').split(',').filter((name) => name !== '')
  const all = await generators()
  for (const name of all.keys()) if (only.length > 0 && !only.includes(name)) all.delete(name)
  const seed = Number(process.env.SEED ?? 1)
  const count = Number(process.env.COUNT ?? 100)
  const folder = join(OUT, `run-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  const programs: Programs = {
    ours: [process.execPath, join(ROOT, 'build', 'deploy', 'start.cjs')],
    theirs: [click],
    folder,
  }
  const verdicts = { agree: 0, differ: 0, refused: 0, unstable: 0 }
  for (let k = seed; k < seed + count; k++) {
    const [name, one] = caseOf(all, k)
    const { verdict, found } = await compare(one, programs)
    verdicts[verdict]++
    if (process.env.VERBOSE !== undefined) console.log(`${name} SEED=${k}: ${verdict}`)
    if (verdict !== 'differ') continue
    const places = new Set(found.map((f) => f.where))
    const again = async (smaller: Case) =>
      (await compare(smaller, programs)).found.some((f) => places.has(f.where))
    const small =
      process.env.SHRINK === '0' ? one : await shrink(one, again, SHRINK_RUNS, SHRINK_SECONDS)
    report(name, k, small, (await compare(small, programs)).found)
  }
  rmSync(folder, { recursive: true, force: true })
  const counts = Object.entries(verdicts).map(([verdict, n]) => `${n} ${verdict}`)
  console.log(`of ${count} cases (SEED=${seed}): ${counts.join(', ')}`)
  return verdicts.differ === 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(await main())
