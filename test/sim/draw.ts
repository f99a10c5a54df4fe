// What a seed stands for: a scenario, everything in it drawn from the seed, so that a seed alone
// repeats a run.

import { Random } from '../../lib/random.ts'
import type { Version } from './elements.ts'
import type { Partition } from './net.ts'
import { type Leg, MOMENTS, PROCESSES, plain, type Scenario } from './scenario.ts'
import type { StepFault, Strike } from './world.ts'

/** Moments of later moves: what may follow: the way back, a third replica. */
const LATER: readonly string[] = [
  ...['copying', 'settled', 'draining', 'drained', 'forgotten'].map((p) => `nf.2 source ${p}`),
  ...['preparing', 'incoming', 'releasing', 'owner'].flatMap((p) => [
    `nf.1 target ${p}`,
    `nf.3 target ${p}`,
  ]),
  ...['swap to nf.1, epoch 2', 'swap to nf.3, epoch 2', 'swap to nf.2, epoch 2'],
]

export function scenarioOf(seed: number): Scenario {
  const r = new Random(seed ^ 0x5ce7a210)
  const sometimes = (p: number, value: () => number): number => (r.chance(p) ? value() : 0)
  const bucketsLog2 = r.between(1, 5)
  const late = sometimes(0.3, () => 0.02)
  const idleRows = r.pick([0, 50, 500, 2000])
  const legs = legsOf(r, 1 << bucketsLog2)
  const partitions = r.chance(0.25) ? partitionsOf(r) : []
  return {
    ...plain(seed),
    legs,
    moves: legs.length + r.pick([0, 0, 1, 2]),
    bucketsLog2,
    ports: r.between(1, 3),
    flows: r.between(4, 60),
    idleRows,
    versions: versionsOf(r),
    // Too small for what is there: refused, and the source goes on.
    capacities: [10_000, r.chance(0.04) ? (idleRows >> 1) + 2 : 10_000, 10_000],
    clocks: [1, 2, 3].map(() => ({ rate: 0.98 + r.next() * 0.04, offsetMs: r.below(1e7) })),
    chunkBytes: r.pick([128, 512, 2048, 65_536]),
    forgetRows: r.pick([1, 16, 1024]),
    lookMs: r.pick([0, 0.01, 0.3, 5]),
    intervalMs: r.pick([0.05, 0.05, 0.1, 0.3]),
    heldMax: r.chance(0.1) ? 20 : 8192,
    stragglersMax: r.chance(0.05) ? 2 : 1024,
    frames: r.chance(0.04) ? 128 : 4096,
    late,
    deletes: late === 0 && r.chance(0.7),
    loss: sometimes(0.5, () => r.pick([0.05, 0.2, 0.4])),
    duplicates: sometimes(0.5, () => 0.2),
    delayMs: r.pick([0.2, 1, 20, 150]),
    frameLoss: sometimes(0.4, () => r.pick([0.02, 0.2])),
    frameTwice: sometimes(0.3, () => 0.1),
    garble: sometimes(0.03, () => 0.03),
    streamSkew: r.chance(0.02),
    fenceLoss: sometimes(0.3, () => 0.5),
    flipFailures: sometimes(0.15, () => r.between(1, 3)),
    journalFailures: sometimes(0.1, () => r.between(1, 2)),
    journalMs: sometimes(0.2, () => r.pick([2, 30, 200])),
    abortMs: r.chance(0.15) ? r.next() * 100 : -1,
    faults: r.chance(0.4) ? faultsOf(r) : [],
    strikes: r.chance(0.5) ? strikesOf(r) : [],
    partitions,
    newer: r.chance(0.3),
    calmMs: Math.max(1000, ...partitions.map((p) => p.endMs)),
  }
}

/** There; there and back; to a third one; in two parts, one after the other; a part and back. */
function legsOf(r: Random, buckets: number): readonly Leg[] {
  const all: [number, number] = [0, buckets]
  const m = r.between(1, buckets - 1)
  const leg = (from: number, to: number, range: [number, number]): Leg => ({
    from: `nf.${from}`,
    to: `nf.${to}`,
    buckets: range,
    primary: range[0] === 0 && range[1] === buckets,
  })
  return r.pick([
    [leg(1, 2, all)],
    [leg(1, 2, all)],
    [leg(1, 2, all), leg(2, 1, all)],
    [leg(1, 2, all), leg(2, 3, all)],
    [leg(1, 2, all), leg(2, 3, all), leg(3, 1, all)],
    [leg(1, 2, [0, m])],
    [leg(1, 2, [0, m]), leg(2, 1, [0, m])],
    [leg(1, 2, [0, m]), leg(1, 2, [m, buckets])],
    [leg(1, 2, [0, m]), leg(1, 3, [m, buckets])],
    [leg(1, 2, [0, m]), leg(1, 2, [m, buckets]), leg(2, 1, [0, m])],
  ])
}

/** The same; upgrade and rollback; skipping one; at times one that takes nobody's rows. */
function versionsOf(r: Random): readonly Version[] {
  return r.pick<readonly Version[]>([
    [1, 1, 1],
    [1, 2, 1],
    [1, 2, 3],
    [1, 3, 1],
    [2, 1, 3],
    [3, 2, 1],
    [3, 1, 3],
    r.pick([
      [1, 9, 1],
      [1, 4, 1],
      [4, 1, 4],
    ]),
    [2, 2, 2],
  ])
}

function faultsOf(r: Random): StepFault[] {
  return Array.from({ length: r.pick([1, 1, 1, 2, 2, 3]) }, () => ({
    who: r.pick(PROCESSES),
    step: 1 + r.below(r.pick([20, 80, 300])),
    effect: r.pick(['kill', 'kill', 'lose', 'twice', 'late'] as const),
  }))
}

function strikesOf(r: Random): Strike[] {
  return Array.from({ length: r.pick([1, 1, 2, 3]) }, () => ({
    who: r.pick([...PROCESSES, 'nf.3']),
    when: r.pick(r.chance(0.7) ? MOMENTS : LATER),
    afterMs: r.next() * r.pick([0, 0.3, 3, 30]),
    stallMs: r.chance(0.3) ? r.pick([10, 60, 300, 1500]) : 0,
    ...r.pick([{}, {}, { lane: 'main' as const }, { lane: 'loop' as const }]),
  }))
}

function partitionsOf(r: Random): Partition[] {
  const [a, b] = r.pick([
    [['coordinator'], ['agent']],
    [['agent'], ['nf.1']],
    [['agent'], ['nf.2']],
    [['nf.1'], ['nf.2']],
    [['nf.1'], ['nf.2', 'agent']],
    [
      ['coordinator', 'agent'],
      ['nf.1', 'nf.2', 'nf.3'],
    ],
  ])
  const startMs = 15 + r.next() * 60
  // The last one outlasts everyone's patience.
  const endMs = startMs + r.pick([5, 40, 40, 300, 300, 1000, 1000, 7000])
  const one = { from: a!, to: b!, startMs, endMs }
  const other = { from: b!, to: a!, startMs, endMs }
  return r.pick([[one], [other], [one, other]])
}
