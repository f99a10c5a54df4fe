// What a source knows (plain JSON), and what can be read off it: where the move stands, whether
// the pre-copy is over. lib/move/source.ts has the transitions.

import { ROUNDS_MAX, SETTLE_FRAMES, SETTLE_ROWS, SETTLE_STALLS } from '../limits.ts'
import { NO_TOTALS, refusal } from './common.ts'
import type {
  Buckets,
  FrameKind,
  FromSource,
  Refused,
  SourceAction,
  SourceCommand,
  Totals,
} from './types.ts'

export type SourcePhase =
  | 'idle'
  | 'copying'
  | 'settled'
  | 'draining'
  | 'drained'
  | 'failed'
  | 'forgotten'
  | 'closed'
  | 'aborted'

export interface SourceState {
  readonly phase: SourcePhase
  readonly move: number
  /** The highest epoch that a message of this move had. */
  readonly epoch: number
  /** The epoch that the flip installs: what fences carry. */
  readonly flipEpoch: number
  readonly buckets: Buckets
  readonly primary: boolean
  /** Ports whose fence is still to come. */
  readonly fences: readonly number[]
  readonly totals: Totals
  /** Sequence number of the next frame. */
  readonly next: number
  /** All frames before were applied. */
  readonly acked: number
  /** Frames before are the snapshot, all of it; -1: it is not over. */
  readonly snapshotEnd: number
  /** Frames up to this number (exclusive) may be sent. */
  readonly limit: number
  /** Chunks that the packet loop may still make. */
  readonly granted: number
  /** Fewest dirty rows that a round left behind, and rounds since that left no fewer. */
  readonly best: number
  readonly stalls: number
  /** A round is due at the next timer. */
  readonly roundDue: boolean
  /** Interval of the timer, and for how long nothing came back. */
  readonly tickMs: number
  readonly quietMs: number
  /** Time in `forgotten`. */
  readonly restMs: number
  /** Why it failed. */
  readonly refused: Refused | null
}

export const SOURCE_IDLE: SourceState = Object.freeze({
  phase: 'idle',
  move: -1,
  epoch: -1,
  flipEpoch: -1,
  buckets: [],
  primary: false,
  fences: [],
  totals: NO_TOTALS,
  next: 0,
  acked: 0,
  snapshotEnd: -1,
  limit: 0,
  granted: 0,
  best: -1,
  stalls: 0,
  roundDue: false,
  tickMs: -1,
  quietMs: 0,
  restMs: 0,
  refused: null,
})

/** In these phases there is a stream. */
export function streams(state: SourceState): boolean {
  return !['idle', 'closed', 'aborted'].includes(state.phase)
}

/**
 * The rule that ends the pre-copy: the rest is small, or stopped shrinking, or rounds are used up. In
 * any case the target has applied the whole snapshot: a row that it cannot take, or has no room for,
 * ends the move while that costs nothing.
 */
export function isSettled(state: SourceState): boolean {
  const { pending, rounds } = state.totals
  if (state.snapshotEnd < 0 || state.acked < state.snapshotEnd) return false
  const close = state.next - state.acked <= SETTLE_FRAMES
  if (pending <= SETTLE_ROWS && close) return true
  return (pending > SETTLE_ROWS && state.stalls >= SETTLE_STALLS) || rounds >= ROUNDS_MAX
}

/** Where the move stands here: the answer to any repeated message. */
export function milestone(state: SourceState): FromSource {
  const { move, epoch, totals } = state
  switch (state.phase) {
    case 'idle':
    case 'aborted':
      return { type: 'aborted', move, epoch }
    case 'copying':
      return { type: 'started', move, epoch, totals }
    case 'settled':
    case 'draining':
      return { type: 'settled', move, epoch, totals }
    case 'drained':
      return { type: 'drained', move, epoch, totals }
    case 'failed':
      return { ...(state.refused ?? refusal(state, 'INTERNAL')), move, epoch }
    case 'forgotten':
    case 'closed':
      return { type: 'forgotten', move, epoch, totals }
  }
}

/** Totals with one more chunk. */
export function counted(
  t: Totals,
  kind: FrameKind,
  size: { readonly bytes: number; readonly count: number },
): Totals {
  const { bytes, count } = size
  return {
    ...t,
    chunks: t.chunks + 1,
    bytes: t.bytes + bytes,
    rows: t.rows + (kind === 'rows' || kind === 'shared' ? count : 0),
    deltas: t.deltas + (kind === 'deltas' ? count : 0),
    packets: t.packets + (kind === 'packets' || kind === 'stragglers' ? count : 0),
  }
}

export function command(state: SourceState, c: SourceCommand): SourceAction {
  return { do: 'worker', move: state.move, command: c }
}

export function reply(msg: FromSource): SourceAction {
  return { do: 'reply', msg }
}
