// Random Early Detection (Floyd and Jacobson, 1993): a packet is dropped with a probability that grows
// with the average length of the queues. RED and AdaptiveRED; the arithmetic is Click's, in integers,
// so that the same packets and random numbers give the same drops.

import { cell } from '../../dataplane/declare.ts'
import type { ConfigureContext, ErrorContext, RouterServices } from '../../dataplane/element.ts'
import { heldIn, listedQueues, nearestQueues } from './near-queues.ts'

/** Averages are in units of 1/1024 packet. */
const UNITS = 1024
/** Probabilities are of 65,536. */
export const ONE = 0x10000
/** An empty queue's average falls once in so many milliseconds. */
const EMPTY_MS = 20
/** After so many of these, it is 0. */
const FORGOTTEN = 100

export const STABILITY_MAX = 16

export interface RedSettings {
  min: number
  max: number
  /** Probability at `max`. */
  maxP: number
  gentle: boolean
  stability: number
  queues: readonly string[]
}

export interface RedRow {
  /** Average length. */
  average: number
  /** Packets since the last drop, less one. */
  count: number
  /** Drawn once a drop. */
  random: number
  /** When the queues were last seen empty, in EMPTY_MS; 0: they had packets since. */
  empty_at: number
  /** Probability at `max` that AdaptiveRED has come to; 0: none yet. */
  adapted: number
}

export function redState() {
  return {
    red: cell({
      version: 1,
      scope: 'shared',
      merge: 'last_writer',
      row: { average: 'f64', count: 'f64', random: 'u32', empty_at: 'f64', adapted: 'u32' },
    }),
  }
}

/** What is wrong with thresholds; null: nothing. */
export function redProblem(min: number, max: number, maxP: number): string | null {
  if (min < 0 || min > 0xffff) return `min_thresh ${min} is too large`
  if (max > 0xffff) return `max_thresh ${max} is too large`
  if (min > max) return 'min_thresh greater than max_thresh'
  return maxP < 0 || maxP > 1 ? 'max_p parameter must be between 0 and 1' : null
}

/** Queues that QUEUES names; null: they are to be looked for. */
export function redQueues(text: string, context: ConfigureContext): string[] | null {
  return text.trim() === '' ? null : listedQueues(text, context)
}

interface Placed {
  readonly name: string
  readonly outputKinds: readonly ('push' | 'pull')[]
  readonly router: RouterServices
}

/** The queues to look at: below one that is pushed to, above one that is pulled from. */
export function findQueues(
  self: Placed,
  listed: readonly string[] | null,
  errors: ErrorContext,
): readonly string[] {
  const direction = self.outputKinds[0] === 'push' ? 'down' : 'up'
  const queues = listed ?? nearestQueues(self.router, self.name, direction)
  if (queues.length === 0) errors.error('no nearby Queues')
  for (const name of queues)
    if (self.router.storageOf(name) === null) errors.error(`'${name}' is not a Storage element`)
  return queues
}

/** The average in packets, rounded. */
export function averageLength(row: RedRow): number {
  return (row.average + UNITS / 2) >> 10
}

/** A step of the moving average towards `units`, of weight 2^-stability. */
function step(average: number, units: number, stability: number): number {
  return average + ((units + (1 << (stability - 1)) - average) >> stability)
}

function lookAt(row: RedRow, settings: RedSettings, length: number, nowMs: number): number {
  const { stability } = settings
  if (stability === 0) return length
  if (length > 0) {
    row.average = step(row.average, length * UNITS, stability)
    row.empty_at = 0
  } else {
    const tick = Math.floor(nowMs / EMPTY_MS) + 1
    const n = row.empty_at === 0 ? 1 : tick - row.empty_at
    let average = n >= FORGOTTEN ? 0 : row.average
    for (let k = 0; k < n && n < FORGOTTEN; k++) average = step(average, 0, stability)
    row.average = average
    row.empty_at = tick
  }
  return averageLength(row)
}

/** Shall the packet that is there now be dropped? */
export function redDrops(row: RedRow, settings: RedSettings, router: RouterServices): boolean {
  const length = heldIn(router, settings.queues)
  const average = lookAt(row, settings, length, router.nowMs)
  const maxP = row.adapted > 0 ? row.adapted : settings.maxP
  const kill = settings.gentle && maxP !== ONE ? settings.max * 2 : settings.max
  if (average <= settings.min) {
    row.count = 0
    return false
  }
  if (average > kill) {
    row.count = 0
    return true
  }
  const p = probability(row, settings, average, maxP)
  // `count` is one more than the paper's, so that a cell's first value, 0, is its -1.
  row.count++
  const count = row.count - 1
  if (count > 0 && p > 0 && count > Math.floor(row.random / p)) {
    row.count = 1
    row.random = draw(router)
    return true
  }
  if (count === 0) row.random = draw(router)
  return false
}

function draw(router: RouterServices): number {
  return (Math.floor(router.random() * 0x8000_0000) >> 5) & 0xffff
}

/** Of ONE. */
function probability(row: RedRow, settings: RedSettings, average: number, maxP: number): number {
  const { min, max } = settings
  if (average > max) {
    const slope = Math.floor((ONE - maxP) / max)
    return Math.floor((slope * row.average) / UNITS) - (ONE - 2 * maxP)
  }
  if (min >= max) return -1
  const slope = Math.floor(maxP / (max - min))
  return Math.floor((slope * row.average) / UNITS) - Math.floor((maxP * min) / (max - min))
}
