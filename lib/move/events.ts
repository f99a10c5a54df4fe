// What happens to the three roles of a move, and what they want done: events in, actions out. A
// source or target runs in a dataplane's main thread; `worker` actions are commands to its packet
// loop, which answers with events that carry the same move number. lib/move/types.ts has the
// messages and the picture.

import type { Finding } from '../errors.ts'
import type { ReplicaId } from '../wire/messages.ts'
import type {
  Buckets,
  Credit,
  FrameHead,
  FrameKind,
  FromSource,
  FromTarget,
  HoldTotals,
  MoveSpec,
  Refused,
  ToSource,
  ToTarget,
  Totals,
} from './types.ts'

// ---- Source -----------------------------------------------------------------------------------

export type SourceEvent =
  | { readonly on: 'message'; readonly msg: ToSource }
  /** The packet loop made a chunk (against a grant); `ref` names its bytes. */
  | {
      readonly on: 'chunk'
      readonly move: number
      readonly kind: Exclude<FrameKind, 'done'>
      readonly ref: number
      readonly bytes: number
      /** Rows, deltas or packets inside. */
      readonly count: number
    }
  /** A pass is over (the first one is the snapshot); so many rows were dirtied meanwhile. */
  /** `dropped`: grants that the packet loop gave up with it. */
  | {
      readonly on: 'round'
      readonly move: number
      readonly pending: number
      readonly dropped?: number
    }
  | { readonly on: 'fence'; readonly move: number; readonly epoch: number; readonly port: number }
  /** The last chunk before `done` was made; the buckets' gate says AWAY since `drain`. */
  | { readonly on: 'drained'; readonly move: number }
  /** The packet loop cannot send on: a row that does not convert, changes lost to a slow stream. */
  | { readonly on: 'failed'; readonly move: number; readonly refused: Refused }
  | { readonly on: 'credit'; readonly credit: Credit }
  | { readonly on: 'timer' }

/** What the source asks of its packet loop. Carried out in order. */
export type SourceCommand =
  /** Mark rows of these buckets as they change; first pass: shared state and all rows. */
  | {
      readonly type: 'subscribe'
      readonly buckets: Buckets
      readonly primary: boolean
      /**
       * With the fences of this epoch seen on so many ports, the packet loop may drain by itself: the
       * command `drain` is on its way, and packets wait for it.
       */
      readonly epoch: number
      readonly ports: number
    }
  /** So many more chunks may be made. Grants add up, and outlive a round. */
  | { readonly type: 'grant'; readonly chunks: number }
  /** The next pass: rows that are dirty now. */
  | { readonly type: 'round' }
  /**
   * In one turn (nothing, where it was done already): gate → AWAY; then, against grants: packets held inside elements, the last deltas;
   * then `drained`; then stragglers as they come.
   */
  | { readonly type: 'drain'; readonly buckets: Buckets; readonly primary: boolean }
  /** Gate → OWNED; stragglers that are still here are processed here; nothing is marked any more. */
  | { readonly type: 'own'; readonly buckets: Buckets; readonly primary: boolean }
  /** Rows of the buckets go, in slices; the gate stays AWAY. */
  | { readonly type: 'forget'; readonly buckets: Buckets }
  /** Gate AWAY → FOREIGN; grants lapse. */
  | { readonly type: 'close'; readonly buckets: Buckets }

export type SourceAction =
  | { readonly do: 'reply'; readonly msg: FromSource }
  | { readonly do: 'worker'; readonly move: number; readonly command: SourceCommand }
  | { readonly do: 'connect'; readonly endpoint: string }
  /** Send a frame with the bytes of `ref` (-1: none), and keep it until `acked`. */
  | { readonly do: 'frame'; readonly head: FrameHead; readonly ref: number }
  /** Send kept frames again: [from, to). */
  | { readonly do: 'resend'; readonly from: number; readonly to: number }
  /** Kept frames before `next` can go. */
  | { readonly do: 'acked'; readonly next: number }
  /** A chunk came too late to be sent: its packets, if it has any, are dropped and counted. */
  | { readonly do: 'drop'; readonly ref: number }
  /** Close the stream; drop what is kept, and count the packets in it. */
  | { readonly do: 'disconnect' }
  /** One timer a machine; a later one replaces it; -1: none. */
  | { readonly do: 'timer'; readonly ms: number }

// ---- Target -----------------------------------------------------------------------------------

export type TargetEvent =
  | { readonly on: 'message'; readonly msg: ToTarget }
  /** The check of schemas went well, room is reserved, the gate says INCOMING, the socket is bound. */
  | { readonly on: 'ready'; readonly move: number; readonly endpoint: string }
  | { readonly on: 'not_ready'; readonly move: number; readonly refused: Refused }
  /** A frame came; `ref` names its bytes. */
  | { readonly on: 'frame'; readonly head: FrameHead; readonly ref: number }
  /** The packet loop has applied the frame of this sequence number (frames in order). */
  | { readonly on: 'applied'; readonly move: number; readonly seq: number }
  /** The packet loop could not apply a frame: bytes that do not parse, no room. */
  | { readonly on: 'apply_failed'; readonly move: number; readonly refused: Refused }
  /** Held packets are out, in order; the gate says OWNED. */
  | { readonly on: 'released'; readonly move: number; readonly hold: HoldTotals }
  /** The source's end of the stream is gone, and all that it sent was given as `frame`. */
  | { readonly on: 'stream_ended'; readonly move: number }
  | { readonly on: 'timer' }

export type TargetCommand =
  /** Check, reserve, gate → INCOMING. Answered by `ready` or `not_ready`. */
  | {
      readonly type: 'prepare'
      readonly buckets: Buckets
      readonly primary: boolean
      readonly transfer: unknown
    }
  /** Apply a frame: rows are stored, element packets queued, stragglers enter at their port. */
  | { readonly type: 'apply'; readonly seq: number; readonly kind: FrameKind; readonly ref: number }
  /**
   * Held packets are processed in order; then gate → OWNED. The router is activated. Where a frame of
   * this move could not be applied, nothing, unless `anyway`.
   */
  | {
      readonly type: 'release'
      readonly buckets: Buckets
      readonly primary: boolean
      readonly anyway: boolean
    }
  /** Gate → FOREIGN, rows of the buckets go, held packets are dropped and counted. */
  | { readonly type: 'discard'; readonly buckets: Buckets }

export type TargetAction =
  | { readonly do: 'reply'; readonly msg: FromTarget }
  | { readonly do: 'worker'; readonly move: number; readonly command: TargetCommand }
  | { readonly do: 'credit'; readonly credit: Credit }
  | { readonly do: 'timer'; readonly ms: number }

// ---- Conductor --------------------------------------------------------------------------------

export type Step =
  | 'prepare'
  | 'precopy'
  | 'hold'
  | 'flip'
  | 'seal' // the flip failed for certain: make sure that no repeat of it succeeds
  | 'drain'
  | 'forget'
  | 'undo' // before the flip: both sides end the move
  | 'back' // the target is dead after the flip: flip back
  | 'takeover' // the source is dead
  | 'finished'

/**
 * done: the target owns, with everything. undone: the source owns. takeover: the source died, the
 * target owns with what had come. lost: both died.
 */
export type Outcome = 'done' | 'undone' | 'takeover' | 'lost'

/** Why a move did not go its way: shown to the operator. */
export interface Failure {
  readonly step: Step
  readonly code: string
  readonly message: string
  readonly findings: readonly Finding[]
}

/** One a decision; durable before the actions after it. A successor starts from the last one. */
export interface JournalRecord {
  readonly spec: MoveSpec
  readonly decision: 'begin' | 'flip' | 'back' | 'takeover' | 'done' | 'finished'
  readonly outcome: Outcome | null
  /** The service's epoch, as far as it was decided: a new move starts from the last record's. */
  readonly epoch: number
  readonly failure: Failure | null
}

export type Side = 'source' | 'target'

export type ConductorEvent =
  | { readonly on: 'begin' }
  | { readonly on: 'recovered'; readonly record: JournalRecord }
  | { readonly on: 'source'; readonly msg: FromSource }
  | { readonly on: 'target'; readonly msg: FromTarget }
  /** The owner table of `epoch` is in force, grace period over, fences sent. */
  | { readonly on: 'flipped'; readonly epoch: number; readonly swapUs: number }
  /** For certain not done. `installed`: the epoch in force. */
  | {
      readonly on: 'flip_failed'
      readonly epoch: number
      readonly installed: number
      readonly code: string
      readonly message: string
    }
  /** From the process's parent, so certain. */
  | { readonly on: 'died'; readonly side: Side }
  | { readonly on: 'abort'; readonly reason: string }
  | { readonly on: 'timer' }

/** What the agent is asked to do to the owner table; may be repeated. */
export interface Flip {
  readonly move: number
  /**
   * The epoch to install. In force already: send the fences again and answer `flipped`. A newer one
   * in force: `flip_failed` with STALE_EPOCH and the one installed.
   */
  readonly epoch: number
  /** Only if this epoch is in force, else `flip_failed` with CONFLICT; null: whatever is. */
  readonly expect: number | null
  readonly buckets: Buckets
  readonly primary: boolean
  readonly owner: ReplicaId
  /** Where fences go, on every port; null: none are sent. */
  readonly fenceTo: ReplicaId | null
}

export interface Progress {
  readonly step: Step
  readonly totals: Totals
  readonly swapUs: number
  readonly hold: HoldTotals
}

export type ConductorAction =
  | { readonly do: 'send'; readonly to: 'source'; readonly msg: ToSource }
  | { readonly do: 'send'; readonly to: 'target'; readonly msg: ToTarget }
  | { readonly do: 'flip'; readonly flip: Flip }
  /** Durable before the actions after it are carried out. */
  | { readonly do: 'journal'; readonly record: JournalRecord }
  | { readonly do: 'timer'; readonly ms: number }
  | { readonly do: 'progress'; readonly progress: Progress }
  | {
      readonly do: 'finish'
      readonly outcome: Outcome
      /** The service's epoch from here on. */
      readonly epoch: number
      readonly failure: Failure | null
    }
