// What the three machines of a move share: the order of moves and epochs, refusals, zero totals.

import type { ErrorCode } from '../errors.ts'
import { ERROR_CODES } from '../errors.ts'
import type { HoldTotals, Refused, Totals } from './types.ts'

/** What a step of a machine gives back. */
export type Steps<S, A> = readonly [S, readonly A[]]

export interface Numbered {
  readonly move: number
  readonly epoch: number
}

export const NO_TOTALS: Totals = Object.freeze({
  rows: 0,
  deltas: 0,
  bytes: 0,
  chunks: 0,
  packets: 0,
  rounds: 0,
  pending: 0,
})

export const NO_HOLD: HoldTotals = Object.freeze({ held: 0, overflow: 0, holdUs: 0 })

/**
 * How a message stands to what is in force here. Moves of a service follow one another, and a later
 * one has a higher number and at least the same epoch; within a move the epoch only rises.
 */
export function inForce(state: Numbered, msg: Numbered): 'stale' | 'same' | 'newer' {
  if (msg.move !== state.move) return msg.move > state.move ? 'newer' : 'stale'
  return msg.epoch < state.epoch ? 'stale' : 'same'
}

/**
 * A refusal of a message: it carries the message's own numbers, so that the conductor of a later
 * move does not take it for its own. `inForceNow`: what it was measured against.
 */
export function refusal(
  msg: Numbered,
  code: ErrorCode,
  inForceNow: Numbered = msg,
): Refused & Numbered {
  const { move, epoch } = inForceNow
  return {
    type: 'refused',
    move: msg.move,
    epoch: msg.epoch,
    code,
    message: `move ${msg.move}, epoch ${msg.epoch}: ${ERROR_CODES[code]} (${move}, ${epoch})`,
    hint: '',
    findings: [],
  }
}
