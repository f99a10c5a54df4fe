// What a seed stands for: how large the world is, how much traffic, which faults. Everything is
// drawn from the seed, so a seed alone repeats a run.

import { Random } from '../../lib/random.ts'
import type { Crash, Strike } from './world.ts'

/** Defects put in on purpose, to show that the checkers see them. */
export type Canary = 'none' | 'skip_fence' | 'drop_delta' | 'early_own' | 'lose_held'

export interface Scenario {
  readonly seed: number
  readonly canary: Canary
  /** False: the same traffic without a move, to compare with. */
  readonly move: boolean
  /** Moves at most, one after another: there, back after one that is done, again after one undone. */
  readonly moves: number
  readonly bucketsLog2: number
  /** Buckets [0, moved) move. */
  readonly moved: number
  readonly ports: number
  readonly flows: number
  /** Rows that exist beforehand, without traffic. */
  readonly idleRows: number
  readonly rowsPerChunk: number
  readonly intervalMs: number
  readonly heldMax: number
  /** A packet that takes a detour arrives after fences: a straggler. */
  readonly late: number
  /** Rows are deleted now and then. */
  readonly deletes: boolean
  /** Faults of control messages, of stream frames, of fences; until `calmMs`. */
  readonly loss: number
  readonly duplicates: number
  readonly delayMs: number
  readonly frameLoss: number
  readonly fenceLoss: number
  readonly flipFailures: number
  readonly notReady: boolean
  readonly applyFails: boolean
  /** When an abort is asked for; -1: never. */
  readonly abortMs: number
  readonly crashes: readonly Crash[]
  readonly strikes: readonly Strike[]
  /** The control message (counted from 1) that is lost; 0: none. */
  readonly loseMessage: number
  /** From here on nothing goes wrong by itself. */
  readonly calmMs: number
}

export const PROCESSES = ['coordinator', 'agent', 'nf.1', 'nf.2'] as const

/** What a strike may wait for: every step and phase, the swap, and what follows an earlier crash. */
export const MOMENTS: readonly string[] = [
  ...['prepare', 'precopy', 'hold', 'flip', 'drain', 'forget'].map((s) => `conductor ${s}`),
  ...['undo', 'back', 'seal', 'takeover', 'finished'].map((s) => `conductor ${s}`),
  ...['copying', 'settled', 'draining', 'drained', 'forgotten'].map((p) => `nf.1 source ${p}`),
  ...['preparing', 'incoming', 'releasing', 'owner', 'ending'].map((p) => `nf.2 target ${p}`),
  'swap to nf.2, epoch 1',
  'swap to nf.1, epoch 2',
]

/** No faults, a middling world: the base that tests vary. */
export function plain(seed: number): Scenario {
  return {
    seed,
    canary: 'none',
    move: true,
    moves: 1,
    bucketsLog2: 3,
    moved: 8,
    ports: 2,
    flows: 24,
    idleRows: 400,
    rowsPerChunk: 16,
    intervalMs: 0.1,
    heldMax: 100_000,
    late: 0,
    deletes: true,
    loss: 0,
    duplicates: 0,
    delayMs: 0.5,
    frameLoss: 0,
    fenceLoss: 0,
    flipFailures: 0,
    notReady: false,
    applyFails: false,
    abortMs: -1,
    crashes: [],
    strikes: [],
    loseMessage: 0,
    calmMs: 1000,
  }
}

export function scenarioOf(seed: number): Scenario {
  const r = new Random(seed ^ 0x5ce7a210)
  const sometimes = (p: number, value: () => number): number => (r.chance(p) ? value() : 0)
  const bucketsLog2 = r.between(1, 5)
  const crashes: Crash[] = []
  const strikes: Strike[] = []
  if (r.chance(0.4))
    for (let n = r.pick([1, 1, 2, 3]); n > 0; n--)
      strikes.push({
        who: r.pick(PROCESSES),
        when: r.pick(MOMENTS),
        afterMs: r.next() * r.pick([0, 0.3, 3, 30]),
      })
  if (r.chance(0.4))
    for (let n = r.pick([1, 1, 1, 2, 2, 3]); n > 0; n--)
      crashes.push({ who: r.pick(PROCESSES), action: 1 + r.below(r.pick([10, 40, 150])) })
  const late = sometimes(0.3, () => 0.02)
  return {
    ...plain(seed),
    moves: r.pick([1, 1, 2, 3]),
    bucketsLog2,
    moved: r.chance(0.6) ? 1 << bucketsLog2 : 1 + r.below(1 << bucketsLog2),
    ports: r.between(1, 3),
    flows: r.between(4, 60),
    idleRows: r.pick([0, 50, 500, 3000]),
    rowsPerChunk: r.pick([4, 16, 64]),
    intervalMs: r.pick([0.02, 0.05, 0.1, 0.3]),
    heldMax: r.chance(0.1) ? 20 : 100_000,
    late,
    deletes: late === 0 && r.chance(0.7),
    loss: sometimes(0.5, () => r.pick([0.05, 0.2, 0.4])),
    duplicates: sometimes(0.5, () => 0.2),
    delayMs: r.pick([0.2, 1, 20, 150]),
    frameLoss: sometimes(0.4, () => r.pick([0.02, 0.2])),
    fenceLoss: sometimes(0.3, () => 0.5),
    flipFailures: sometimes(0.15, () => r.between(1, 3)),
    notReady: r.chance(0.05),
    applyFails: r.chance(0.05),
    abortMs: r.chance(0.15) ? r.next() * 100 : -1,
    crashes,
    strikes,
  }
}
