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

export function refusal(at: Numbered, code: ErrorCode, message = ''): Refused & Numbered {
  const what = message === '' ? ERROR_CODES[code] : message
  return {
    type: 'refused',
    move: at.move,
    epoch: at.epoch,
    code,
    message: `move ${at.move}, epoch ${at.epoch}: ${what}`,
    hint: '',
    findings: [],
  }
}
