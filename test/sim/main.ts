// The simulator's command: `make sim`, `make soak`.
//
//   node build/test/sim/main.js [--seed N] [--count M | --minutes T] [--trace] [--packets]
//                               [--every] [--mutant NAME] [--soak]
//
// Runs M seeds from N on (with --minutes: until then, or until it is interrupted) and prints what
// the checkers find, made small, with the command that repeats it; exits 1 when anything was found.
// One seed prints its event hash: the same seed gives the same one. --trace prints every event of
// the first run (packets with --packets). --every makes each step of a move fail once, in every
// way: a plain move, and moves in which something else goes wrong (every.ts). --soak stops at the
// first seed that breaks a rule, and tries every step once in SOAK_EVERY seeds.

import { parseArgs } from 'node:util'
import { runAndCheck } from './check.ts'
import { scenarioOf } from './draw.ts'
import { BASES, casesOf, small, tryCase } from './every.ts'
import { MUTANTS, type Mutant } from './mutants.ts'
import type { Scenario } from './scenario.ts'
import { differences, ruleOf, shrink } from './shrink.ts'

const PROGRESS_MS = 10_000
const SOAK_EVERY = 500
/** Failures of single steps that are told one by one. */
const SAID_MAX = 20
/** Lines of a shrunk run's trace that are printed: its end is what matters. */
const TRACE_LINES = 60

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string' },
    minutes: { type: 'string' },
    trace: { type: 'boolean', default: false },
    packets: { type: 'boolean', default: false },
    every: { type: 'boolean', default: false },
    soak: { type: 'boolean', default: false },
    mutant: { type: 'string', default: 'none' },
  },
})

const first = Number(values.seed)
const count = values.count !== undefined ? Number(values.count) : values.minutes ? Infinity : 1
const endMs = values.minutes ? performance.now() + Number(values.minutes) * 60_000 : Infinity
if (values.mutant !== 'none' && !(MUTANTS as readonly string[]).includes(values.mutant)) {
  console.error(`--mutant: one of ${MUTANTS.join(', ')}`)
  process.exit(2)
}

const outcomes: Record<string, number> = {}
let runs = 0
let failed = 0
let interrupted = false
// A reader that has seen enough (`| head`) ends the run.
process.stdout.on('error', () => process.exit(0))
process.on('SIGINT', () => {
  interrupted = true
})

function isPacketLine(line: string): boolean {
  return /^ *[\d.]+ packet \d+ /.test(line)
}

function report(scenario: Scenario, findings: readonly string[], outcome: string): void {
  failed += 1
  console.log(`\nseed ${scenario.seed} (${outcome})`)
  for (const f of findings.slice(0, 5)) console.log(`  ${f}`)
  const mutant = scenario.mutant === 'none' ? '' : ` --mutant '${scenario.mutant}'`
  console.log(`  again: node build/test/sim/main.js --seed ${scenario.seed}${mutant} --trace`)
  const smallest = shrink(scenario, ruleOf(findings[0]!))
  const [result, left] = runAndCheck(smallest, true)
  console.log(`  made small: ${JSON.stringify(differences(smallest))}`)
  const lines = result.world.lines.filter((line) => !isPacketLine(line))
  for (const line of lines.slice(-TRACE_LINES)) console.log(`    ${line}`)
  for (const f of left.slice(0, 5)) {
    console.log(`  ${f}`)
    const packet = /packet \d+ /.exec(f)?.[0]
    if (packet === undefined) continue
    for (const line of result.world.lines) if (line.includes(packet)) console.log(`    ${line}`)
  }
}

function runSeed(seed: number): void {
  const scenario = { ...scenarioOf(seed), mutant: values.mutant as Mutant }
  const tells = values.trace && seed === first
  const [result, findings] = runAndCheck(scenario, tells)
  if (tells) {
    console.log(JSON.stringify(scenario))
    for (const line of result.world.lines)
      if (values.packets || !isPacketLine(line)) console.log(line)
  }
  const outcome = result.coordinator.finish?.outcome ?? 'unsettled'
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  runs += 1
  if (count === 1) console.log(`seed ${seed}: event hash ${result.world.hash}`)
  if (findings.length > 0) report(scenario, findings, outcome)
}

function runEvery(seed: number): void {
  for (const [name, more] of Object.entries(BASES)) {
    const scenario = { ...small(seed), ...more, mutant: values.mutant as Mutant }
    const before = runs
    for (const c of casesOf(scenario)) {
      if (interrupted || performance.now() > endMs) return
      const { findings, outcome } = tryCase(scenario, c)
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      runs += 1
      if (findings.length === 0) continue
      failed += 1
      if (failed > SAID_MAX) continue
      console.log(`${name}, step ${c.step} (${c.name}), ${c.effect}: ${outcome}`)
      for (const f of findings.slice(0, 5)) console.log(`  ${f}`)
    }
    if (values.every) console.log(`${name}: ${runs - before} runs, ${failed} failed so far`)
  }
}

/** Lets a signal in. */
const breathe = () => new Promise<void>((done) => setImmediate(done))

const startMs = performance.now()
let saidMs = startMs
for (let seed = first; seed < first + count; seed++) {
  if (interrupted || performance.now() > endMs || (values.soak && failed > 0)) break
  if (values.every || (values.soak && seed % SOAK_EVERY === 0)) runEvery(seed)
  if (!values.every) runSeed(seed)
  await breathe()
  if (performance.now() - saidMs < PROGRESS_MS) continue
  saidMs = performance.now()
  const seconds = ((saidMs - startMs) / 1000).toFixed(0)
  console.log(`${seconds} s: seed ${seed}, ${runs} runs, ${failed} failed`)
}
console.log(`${runs} runs, ${failed} failed; outcomes: ${JSON.stringify(outcomes)}`)
process.exitCode = failed > 0 ? 1 : 0
