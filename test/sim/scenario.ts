// What a run is given: how large the world is, how much traffic, which moves, which faults. draw.ts
// makes one of a seed; tests vary the plain one.

import type { RouterShape, Version } from './elements.ts'
import type { Mutant } from './mutants.ts'
import type { Partition } from './net.ts'
import type { StepFault, Strike } from './world.ts'

/**
 * One move of a chain; the next one follows when it is done. One that was undone is tried again.
 */
export interface Leg {
  readonly from: string
  readonly to: string
  readonly buckets: readonly [number, number]
  readonly primary: boolean
}

export interface Scenario {
  readonly seed: number
  readonly mutant: Mutant
  /** False: the same traffic without a move, to compare with. */
  readonly move: boolean
  readonly legs: readonly Leg[]
  /** Moves at most, those that are tried again included. */
  readonly moves: number
  readonly bucketsLog2: number
  readonly ports: number
  readonly flows: number
  /** Rows that exist beforehand, without traffic. */
  readonly idleRows: number
  /** By replica, nf.1 first: version of the schema, rows that fit, clock. */
  readonly versions: readonly Version[]
  readonly capacities: readonly number[]
  readonly clocks: readonly { readonly rate: number; readonly offsetMs: number }[]
  readonly chunkBytes: number
  /** Rows that a turn removes at the old owner. */
  readonly forgetRows: number
  /** How long a packet loop's work takes between two looks at the clock. */
  readonly lookMs: number
  readonly intervalMs: number
  readonly heldMax: number
  readonly stragglersMax: number
  /** Frames of a replica's pool. */
  readonly frames: number
  /** A packet that takes a detour arrives after fences: a straggler. */
  readonly late: number
  /** Rows are deleted now and then. */
  readonly deletes: boolean
  /** Faults of control messages, of the stream, of fences; until `calmMs`. */
  readonly loss: number
  readonly duplicates: number
  readonly delayMs: number
  readonly frameLoss: number
  readonly frameTwice: number
  /** A chunk's bytes are damaged. */
  readonly garble: number
  /** Replicas of releases whose state streams do not agree. */
  readonly streamSkew: boolean
  readonly fenceLoss: number
  readonly flipFailures: number
  /** Records that the store refuses, and how long one takes at most. */
  readonly journalFailures: number
  readonly journalMs: number
  /** When an abort is asked for; -1: never. */
  readonly abortMs: number
  readonly faults: readonly StepFault[]
  readonly strikes: readonly Strike[]
  readonly partitions: readonly Partition[]
  /** Messages to and from replicas carry fields that a later release may add. */
  readonly newer: boolean
  /** From here on nothing goes wrong by itself. */
  readonly calmMs: number
}

export const PROCESSES = ['coordinator', 'agent', 'nf.1', 'nf.2'] as const

/**
 * What a strike may wait for: every step and phase, the swap, and what follows an earlier crash.
 */
export const MOMENTS: readonly string[] = [
  ...['precopy', 'hold', 'flip', 'drain', 'forget'].map((s) => `conductor ${s}`),
  ...['undo', 'back', 'seal', 'takeover', 'finished'].map((s) => `conductor ${s}`),
  ...['copying', 'settled', 'draining', 'drained', 'forgotten'].map((p) => `nf.1 source ${p}`),
  ...['preparing', 'incoming', 'releasing', 'owner', 'ending'].map((p) => `nf.2 target ${p}`),
  'swap to nf.2, epoch 1',
  'swap to nf.1, epoch 2',
]

/** Index of a replica in the lists by replica. */
export function entryOf(name: string): number {
  return Number(name.slice('nf.'.length)) - 1
}

export function shapeOf(s: Scenario, name: string): RouterShape {
  const k = entryOf(name)
  return { version: s.versions[k]!, capacity: s.capacities[k]!, ports: s.ports, deletes: s.deletes }
}

/** The target may find in mid-move that it cannot take a row. */
export function mayFail(s: Scenario): boolean {
  const { capacities, versions, garble } = s
  return (
    garble > 0 || capacities.some((c) => c < 10_000) || versions.some((v) => v === 4 || v === 9)
  )
}

export const FIRST: Leg = { from: 'nf.1', to: 'nf.2', buckets: [0, 8], primary: true }
const CLOCK = { rate: 1, offsetMs: 1000 }

/** No faults, a middling world: the base that tests vary. */
export function plain(seed: number): Scenario {
  return {
    seed,
    mutant: 'none',
    move: true,
    legs: [FIRST],
    moves: 1,
    bucketsLog2: 3,
    ports: 2,
    flows: 24,
    idleRows: 400,
    versions: [1, 1, 1],
    capacities: [10_000, 10_000, 10_000],
    clocks: [CLOCK, CLOCK, CLOCK],
    chunkBytes: 1024,
    forgetRows: 1024,
    lookMs: 0.01,
    intervalMs: 0.1,
    heldMax: 8192,
    stragglersMax: 1024,
    frames: 4096,
    late: 0,
    deletes: true,
    loss: 0,
    duplicates: 0,
    delayMs: 0.5,
    frameLoss: 0,
    frameTwice: 0,
    garble: 0,
    streamSkew: false,
    fenceLoss: 0,
    flipFailures: 0,
    journalFailures: 0,
    journalMs: 0,
    abortMs: -1,
    faults: [],
    strikes: [],
    partitions: [],
    newer: false,
    calmMs: 1000,
  }
}
