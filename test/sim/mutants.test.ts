// The checkers see defects: for each mutant (mutants.ts), within a few seeds one of them speaks.

import test from 'ava'
import { runAndCheck } from './check.ts'
import { small } from './every.ts'
import { MUTANTS, type Mutant } from './mutants.ts'
import type { Scenario } from './scenario.ts'
import { ruleOf } from './shrink.ts'

const SEEDS = 12

const NF2_DIES = { who: 'nf.2', when: 'swap to nf.2, epoch 1', afterMs: 1, stallMs: 0 }

const PARTS = [
  { from: 'nf.1', to: 'nf.2', buckets: [0, 3], primary: false },
  { from: 'nf.1', to: 'nf.2', buckets: [3, 8], primary: false },
  { from: 'nf.2', to: 'nf.1', buckets: [0, 3], primary: false },
] as const

/** Which rule it breaks, and what must happen for it to show. */
const BREAKS: Readonly<Record<Exclude<Mutant, 'none'>, [RegExp, Partial<Scenario>]>> = {
  'fence overtakes': [/order|rows|owners|packets/, { intervalMs: 0.05, frames: 4096 }],
  'old epochs': [/epochs/, { delayMs: 150, duplicates: 0.5, calmMs: 5000, strikes: [NF2_DIES] }],
  'raw times': [/times/, { clocks: [1e3, 5e5, 9e6].map((offsetMs) => ({ rate: 1, offsetMs })) }],
  'early own': [/owners/, {}],
  'serves on': [/owners/, { late: 0.05 }],
  'drains nothing': [/rows|sums|packets/, { intervalMs: 0.05, frames: 4096 }],
  'drops deltas': [/rows|sums/, {}],
  'applies twice': [/sums/, {}],
  'loses a held packet': [/packets/, { intervalMs: 0.05, frames: 4096 }],
  'turns the held round': [/order|rows/, { intervalMs: 0.05, frames: 4096, flows: 4 }],
  'loses stragglers': [/packets/, { late: 0.05 }],
  'wakes nobody': [/rest/, { intervalMs: 0.05, frames: 4096, legs: PARTS, moves: 3 }],
  'keeps rows': [/rest/, {}],
  'keeps the hold': [/rest/, { abortMs: 1.5 }],
}

for (const mutant of MUTANTS)
  test(`a defect is seen: ${mutant}`, (t) => {
    const [rule, more] = BREAKS[mutant]
    const seen = new Set<string>()
    for (let seed = 1; seed <= SEEDS && ![...seen].some((s) => rule.test(s)); seed++) {
      const [, found] = runAndCheck({ ...small(seed), mutant, ...more })
      for (const f of found) seen.add(ruleOf(f))
    }
    t.true(
      [...seen].some((s) => rule.test(s)),
      `seen: ${[...seen].join()}`,
    )
  })
