// The move under every fault that the simulator knows: seeds at random, each action failing once,
// each message lost once; and the checkers themselves, by defects put in on purpose.

import test from 'ava'
import { check } from './check.ts'
import { type Run, run } from './run.ts'
import { type Canary, MOMENTS, PROCESSES, plain, type Scenario, scenarioOf } from './scenario.ts'

const SEEDS = 200

function findings(scenario: Scenario): [Run, string[]] {
  const result = run(scenario)
  return [result, check(result, () => run({ ...scenario, move: false }, result.stopMs))]
}

test(`${SEEDS} seeds hold every invariant`, (t) => {
  const outcomes = new Set<string>()
  for (let seed = 1; seed <= SEEDS; seed++) {
    const [result, found] = findings(scenarioOf(seed))
    outcomes.add(result.coordinator.finish?.outcome ?? 'unsettled')
    t.deepEqual(found, [], `seed ${seed}: node build/test/sim/main.js --seed ${seed} --trace`)
  }
  t.deepEqual([...outcomes].sort(), ['done', 'lost', 'takeover', 'undone'])
})

test('the same seed gives the same run', (t) => {
  const hashes = new Set<string>()
  for (const seed of [3, 17, 42, 99]) {
    const first = run(scenarioOf(seed)).world.hash
    t.is(run(scenarioOf(seed)).world.hash, first)
    hashes.add(first)
  }
  t.is(hashes.size, 4)
})

test('without faults: done, nothing dropped, rows as without a move', (t) => {
  const [result, found] = findings(plain(7))
  t.deepEqual(found, [])
  t.is(result.coordinator.finish?.outcome, 'done')
  t.true(result.traffic.fates.every((f) => f.out === 1))
  t.true(result.coordinator.state.hold.held > 0)
  t.is(result.source.loop.rows.size, 0)
})

const quick = (seed: number): Scenario => ({ ...plain(seed), intervalMs: 0.3, idleRows: 100 })

test('every action fails once: the process that is about to do it is killed', (t) => {
  const clean = run(quick(5)).world.actions
  t.true(clean > 80)
  const outcomes = new Set<string>()
  const killed = new Set<string>()
  for (let action = 1; action <= clean; action++) {
    const [result, found] = findings({ ...quick(5), crashes: [{ who: null, action }] })
    outcomes.add(result.coordinator.finish?.outcome ?? 'unsettled')
    for (const name of result.world.kills) killed.add(name)
    t.deepEqual(found, [], `action ${action} of ${clean}`)
  }
  t.deepEqual([...outcomes].sort(), ['done', 'takeover', 'undone'])
  t.is(killed.size, 4)
})

test('every control message is lost once', (t) => {
  const clean = run(quick(5)).messages
  t.true(clean >= 10)
  for (let message = 1; message <= clean; message++) {
    const [result, found] = findings({ ...quick(5), loseMessage: message })
    t.deepEqual(found, [], `message ${message}`)
    t.is(result.coordinator.finish?.outcome, 'done', `message ${message}`)
  }
})

test('coordinator and agent killed at every action of theirs: nothing is lost', (t) => {
  for (const who of ['coordinator', 'agent']) {
    const clean = run(quick(6)).world.actionsOf.get(who) ?? 0
    t.true(clean >= 4)
    for (let action = 1; action <= clean; action++) {
      const [result, found] = findings({ ...quick(6), crashes: [{ who, action }] })
      t.deepEqual(found, [], `${who} ${action}`)
      t.true(
        result.traffic.fates.every((f) => f.out === 1),
        `${who} ${action}`,
      )
    }
  }
})

test('each of the four dies at each moment, at once or a little later', (t) => {
  const outcomes = new Map<string, string>()
  for (const who of PROCESSES)
    for (const when of MOMENTS)
      for (const afterMs of [0, 0.2]) {
        const strikes = [{ who, when, afterMs }]
        const [result, found] = findings({ ...quick(8), strikes })
        t.deepEqual(found, [], `${who} at ${when} + ${afterMs} ms`)
        outcomes.set(`${who} ${when} ${afterMs}`, result.coordinator.finish?.outcome ?? '')
      }
  // doc/architecture.md, "The move".
  t.is(outcomes.get('nf.1 conductor precopy 0'), 'takeover')
  t.is(outcomes.get('nf.2 conductor hold 0'), 'undone')
  t.is(outcomes.get('nf.2 swap to nf.2, epoch 1 0'), 'undone')
  t.is(outcomes.get('nf.1 nf.2 target releasing 0'), 'done')
  t.is(outcomes.get('coordinator conductor hold 0'), 'undone')
  t.is(outcomes.get('coordinator conductor drain 0'), 'done')
})

test('one dies at each moment, then another on the way out of that', (t) => {
  const first = [
    { who: 'nf.2', when: 'swap to nf.2, epoch 1', afterMs: 0.1 }, // leads to back
    { who: 'nf.1', when: 'nf.1 source settled', afterMs: 0.1 }, // to takeover
    { who: 'nf.2', when: 'nf.2 target incoming', afterMs: 0.1 }, // to undo
  ]
  const then = ['undo', 'back', 'takeover', 'finished'].map((s) => `conductor ${s}`)
  for (const strike of first)
    for (const who of PROCESSES)
      for (const when of [...then, 'swap to nf.1, epoch 2', 'nf.2 target ending'])
        for (const afterMs of [0, 0.5, 3]) {
          const strikes = [strike, { who, when, afterMs }]
          const [, found] = findings({ ...quick(9), strikes })
          t.deepEqual(found, [], JSON.stringify(strikes))
        }
})

// Which checker sees which defect. A seed may be lucky, ten are not.
const CANARIES: Readonly<Record<Exclude<Canary, 'none'>, RegExp>> = {
  skip_fence: /order|rows|owners|end/,
  drop_delta: /rows/,
  early_own: /owners/,
  lose_held: /vanished/,
}
for (const [canary, pattern] of Object.entries(CANARIES))
  test(`a defect is seen: ${canary}`, (t) => {
    let seen = 0
    for (let seed = 1; seed <= 10; seed++) {
      const scenario = { ...plain(seed), canary: canary as Canary, intervalMs: 0.05 }
      if (findings(scenario)[1].some((f) => pattern.test(f))) seen += 1
    }
    t.true(seen >= 5, `seen in ${seen} of 10`)
  })
