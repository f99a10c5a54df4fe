// node build/test/sim/main.js [--seed N] [--count M] [--trace]
//
// Runs M seeds from N on, and prints what the checkers find, each with its seed: the same seed
// repeats the run. --trace prints every event of the first run. Exits 1 when anything was found.

import { parseArgs } from 'node:util'
import { check } from './check.ts'
import { type Run, run } from './run.ts'
import { type Scenario, scenarioOf } from './scenario.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
  },
})

const from = Number(values.seed)
const count = Number(values.count)
const outcomes: Record<string, number> = {}
let failed = 0

for (let seed = from; seed < from + count; seed++) {
  const scenario: Scenario = scenarioOf(seed)
  const result: Run = run(scenario, -1, values.trace)
  if (values.trace) {
    console.log(JSON.stringify(scenario))
    for (const line of result.world.lines) console.log(line)
  }
  const findings = check(result, () => run({ ...scenario, move: false }, result.stopMs))
  const outcome = result.coordinator.finish?.outcome ?? 'unsettled'
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  if (findings.length === 0) continue
  failed += 1
  console.log(`seed ${seed} (${outcome}; killed: ${result.world.kills.join() || 'nobody'})`)
  for (const f of findings.slice(0, 5)) console.log(`  ${f}`)
}
console.log(`${count} seeds, ${failed} failed; outcomes: ${JSON.stringify(outcomes)}`)
process.exitCode = failed > 0 ? 1 : 0
