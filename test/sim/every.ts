// Every step of a move fails once: all steps of a run without faults are counted (messages on each
// leg, frames of the stream, fences, timers, journal records, commands to a packet loop and their
// execution), and the run is repeated for each step and each thing that can go wrong with it.

import { runAndCheck } from './check.ts'
import { run } from './run.ts'
import { plain, type Scenario } from './scenario.ts'
import type { Effect } from './world.ts'

export interface Case {
  /** Number of the step, from 1. */
  readonly step: number
  readonly effect: Effect
  /** Process and step, as the trace has it. */
  readonly name: string
}

export interface CaseResult extends Case {
  readonly findings: readonly string[]
  readonly outcome: string
  readonly killed: readonly string[]
}

/** A small world, so that thousands of runs take seconds. */
export function small(seed: number): Scenario {
  return { ...plain(seed), intervalMs: 0.4, idleRows: 60, frames: 512 }
}

const dies = (who: string, when: string) => ({ who, when, afterMs: 0.05, stallMs: 0 })
const PART = { from: 'nf.1', to: 'nf.2', buckets: [0, 3], primary: false } as const

/**
 * Moves whose every step is to fail: the plain one, and those in which something went wrong
 * already.
 */
export const BASES: Readonly<Record<string, Partial<Scenario>>> = {
  plain: {},
  'flip fails': { flipFailures: 1 },
  'target dies, back': { strikes: [dies('nf.2', 'swap to nf.2, epoch 1')] },
  'source dies, takeover': { strikes: [dies('nf.1', 'nf.1 source draining')] },
  'coordinator dies, undo': { strikes: [dies('coordinator', 'conductor hold')] },
  abort: { abortMs: 1.5 },
  'a row cannot be converted': { versions: [4, 1, 4], flows: 4 },
  'a part, and the rest': {
    legs: [PART, { ...PART, buckets: [3, 8] }],
    moves: 2,
    forgetRows: 4,
  },
  'there and back': {
    legs: [PART, { ...PART, from: 'nf.2', to: 'nf.1' }],
    moves: 2,
    forgetRows: 4,
  },
}

/** What can go wrong with a step besides the death of its process. */
function effectsOf(name: string): readonly Effect[] {
  if (/ (sends|stream|fence)/.test(name)) return ['kill', 'lose', 'twice', 'late']
  if (/ (journals|swaps)/.test(name)) return ['kill', 'lose', 'late']
  if (/ (timer|commands)/.test(name)) return ['kill', 'late']
  return ['kill']
}

export function casesOf(scenario: Scenario): Case[] {
  const { stepNames } = run(scenario, -1, true).world
  return stepNames.flatMap((name, k) =>
    effectsOf(name).map((effect) => ({ step: k + 1, effect, name })),
  )
}

export function tryCase(scenario: Scenario, c: Case): CaseResult {
  const faults = [...scenario.faults, { who: null, step: c.step, effect: c.effect }]
  const [result, findings] = runAndCheck({ ...scenario, faults })
  const outcome = result.coordinator.finish?.outcome ?? 'unsettled'
  return { ...c, findings, outcome, killed: result.world.kills }
}
