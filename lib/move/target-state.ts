// What a target knows (plain JSON), and what it answers from that. lib/move/target.ts has the
// transitions.

import { NO_HOLD, refusal } from './common.ts'
import type { Buckets, FromTarget, HoldTotals, Refused, TargetAction } from './types.ts'

export type TargetPhase =
  | 'idle'
  | 'preparing'
  | 'incoming'
  | 'ending'
  | 'releasing'
  | 'owner'
  | 'failed'
  | 'aborted'

export interface TargetState {
  readonly phase: TargetPhase
  readonly move: number
  readonly epoch: number
  readonly buckets: Buckets
  readonly primary: boolean
  readonly endpoint: string
  /** The conductor asked for the hold. */
  readonly held: boolean
  /** Sequence number of the next frame to be given to the packet loop. */
  readonly next: number
  /** Frames before this one were applied. */
  readonly applied: number
  /** Sequence number of `done`; -1: has not come. */
  readonly doneSeq: number
  /** A gap was reported for this sequence number already. */
  readonly gapAt: number
  readonly streamEnded: boolean
  readonly complete: boolean
  readonly hold: HoldTotals
  readonly refused: Refused | null
}

export const TARGET_IDLE: TargetState = Object.freeze({
  phase: 'idle',
  move: -1,
  epoch: -1,
  buckets: [],
  primary: false,
  endpoint: '',
  held: false,
  next: 0,
  applied: 0,
  doneSeq: -1,
  gapAt: -1,
  streamEnded: false,
  complete: false,
  hold: NO_HOLD,
  refused: null,
})

/** In these phases rows are still taken. */
export function takes(state: TargetState): boolean {
  return state.phase === 'incoming' || state.phase === 'ending'
}

/** Where the move stands here: the answer to any repeated message; none while it is being found. */
export function replies(state: TargetState): TargetAction[] {
  const { move, epoch, endpoint, complete, hold } = state
  switch (state.phase) {
    case 'incoming':
      if (state.held) return [reply({ type: 'held', move, epoch })]
      return [reply({ type: 'prepared', move, epoch, endpoint })]
    case 'owner':
      return [reply({ type: 'released', move, epoch, complete, hold })]
    case 'aborted':
      return [reply({ type: 'aborted', move, epoch })]
    case 'failed':
      return [reply({ ...(state.refused ?? refusal(state, 'INTERNAL')), move, epoch })]
    default:
      return []
  }
}

export function reply(msg: FromTarget): TargetAction {
  return { do: 'reply', msg }
}
