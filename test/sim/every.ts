// Every step of a move fails once: all steps of a run without faults are counted (messages on each leg,
// frames of the stream, fences, timers, journal records, commands to a packet loop and their
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
  const faults = [{ who: null, step: c.step, effect: c.effect }]
  const [result, findings] = runAndCheck({ ...scenario, faults })
  const outcome = result.coordinator.finish?.outcome ?? 'unsettled'
  return { ...c, findings, outcome, killed: result.world.kills }
}
