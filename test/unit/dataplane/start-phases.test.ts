// The account of a start: phases add up to the whole, and what ran beside others costs nothing twice.

import test from 'ava'
import { phasesOf } from '../../../dataplane/replica.ts'
import { machineMs } from '../../../lib/clock.ts'

const DAY_MS = 86_400_000

function phases(begun: number, marks: Parameters<typeof phasesOf>[1]) {
  return Object.fromEntries(phasesOf(begun, marks).map(({ step, ms }) => [step, ms]))
}

test('a cold start: every phase has its own time', (t) => {
  const begun = machineMs() - 100
  const at = (ms: number) => begun + ms
  const marks = {
    process: at(20),
    runtime: at(55),
    spec: at(60),
    artifact: at(64),
    resolved: at(70),
    driver: at(80),
    router: at(90),
  }
  const { ready, ...rest } = phases(begun, marks)
  t.deepEqual(rest, { spawn: 20, runtime: 35, interfaces: 5, artifact: 4, graph: 16, driver: 10 })
  t.true(ready! >= 10 && ready! < 60_000)
})

test('interfaces that were there before the code cost nothing; a spare begins when it is told', (t) => {
  const begun = machineMs() - 100
  const at = (ms: number) => begun + ms
  const later = { artifact: at(64), resolved: at(70), driver: at(80), router: at(90) }
  const cold = phases(begun, { process: at(20), runtime: at(55), spec: at(40), ...later })
  t.is(cold.interfaces, 0)
  t.is(cold.artifact, 9)
  const before = begun - DAY_MS
  const spare = phases(begun, { process: before, runtime: before + 50, spec: at(1), ...later })
  t.deepEqual([spare.spawn, spare.runtime, spare.interfaces, spare.artifact], [0, 0, 1, 63])
})
