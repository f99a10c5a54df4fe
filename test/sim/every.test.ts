// Every step of a move fails once: its process dies before it, the message is lost, comes twice,
// comes late; the record is not written. Each ending must be an allowed one.

import test from 'ava'
import { BASES, casesOf, small, tryCase } from './every.ts'

// Every second case, and fewer of moves in which something else goes wrong: `make sim EVERY=1`
// tries all, with any seed.
const SHARE = 2
const SHARE_OF_OTHERS = 16

test('every step of a move fails once', (t) => {
  const scenario = small(5)
  const cases = casesOf(scenario)
  const kinds = new Set(cases.map((c) => c.name.replaceAll(/\d+/g, 'N')))
  t.true(cases.length > 300 && kinds.size > 50)
  const outcomes = new Set<string>()
  const killed = new Set<string>()
  for (const c of cases.filter((_, k) => k % SHARE === 0)) {
    const { findings, outcome, killed: k } = tryCase(scenario, c)
    t.deepEqual(findings, [], `step ${c.step} (${c.name}), ${c.effect}`)
    outcomes.add(outcome)
    for (const name of k) killed.add(name)
    // Nothing that only concerns messages, timers or the store undoes a move.
    if (c.effect !== 'kill' && !/swaps/.test(c.name) && !/journals/.test(c.name))
      t.is(outcome, 'done', `step ${c.step} (${c.name}), ${c.effect}`)
  }
  t.deepEqual([...outcomes].sort(), ['done', 'takeover', 'undone'])
  t.is(killed.size, 4)
})

for (const [name, more] of Object.entries(BASES).filter(([name]) => name !== 'plain'))
  test(`every step of a move fails once: ${name}`, (t) => {
    const scenario = { ...small(6), ...more }
    for (const c of casesOf(scenario).filter((_, k) => k % SHARE_OF_OTHERS === 0)) {
      const { findings } = tryCase(scenario, c)
      t.deepEqual(findings, [], `step ${c.step} (${c.name}), ${c.effect}`)
    }
  })
