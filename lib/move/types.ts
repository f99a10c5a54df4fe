// The words of a move: messages, events and actions of its three roles, and nothing else. The roles
// are pure functions `(state, event) → [state, actions]` in conductor.ts, source.ts and target.ts;
// states are plain JSON. Whoever runs one (coordinator, dataplane, the simulator) turns sockets,
// clocks and the packet loop into events, and carries the actions out in the order given.
//
//    conductor ──prepare, hold, status, abort, takeover──▶ target (N)  main thread ◀──▶ packet loop
//        │ ▲  ◀──prepared, held, released, aborted, refused──┘ ▲ │
//   flip │ │ flipped                                    frames │ │ credit
//        ▼ │                                                   │ ▼
//      agent     ──start, status, abort, forget──▶ source (O)  main thread ◀──▶ packet loop
//                ◀──started, settled, drained, forgotten, aborted──┘
//
// Control messages may be lost, delayed, repeated and overtaken; each may be sent again. Frames
// carry sequence numbers; what is lost is sent again from the sender's window. Main thread and
// packet loop live and die together; what passes between them is ordered and never lost.
//
// Epochs: a move that starts at the service's epoch E flips to E + 1, and back (or sealed) to E + 2.

import type { Finding } from '../errors.ts'
import type { ReplicaId } from '../wire/messages.ts'

export type * from './events.ts'

/** Buckets as ranges [from, to), ascending, not overlapping. */
export type Buckets = readonly (readonly [number, number])[]

/** What is to be moved: fixed for the life of a move, and in each journal record. */
export interface MoveSpec {
  /** Number of the move: unique, rising within a coordinator's store. */
  readonly move: number
  readonly service: string
  readonly source: ReplicaId
  readonly target: ReplicaId
  /** The service's epoch when the move starts (E above). */
  readonly epoch: number
  readonly buckets: Buckets
  /** Non-IP packets (entry B of the owner table) go over too: an upgrade. */
  readonly primary: boolean
  /** Number of the service's ports: as many fences are to be seen. */
  readonly ports: number
  /** The source's state declarations with --map and --discard: the target's business. */
  readonly transfer: unknown
}

/** Running totals of the source's stream. */
export interface Totals {
  readonly rows: number
  readonly deltas: number
  readonly bytes: number
  readonly chunks: number
  /** Packets that went over: held inside elements, and stragglers. */
  readonly packets: number
  readonly rounds: number
  /** Dirty rows that the last round left behind. */
  readonly pending: number
}

/** What the target counted up to its release. */
export interface HoldTotals {
  readonly held: number
  /** Packets beyond HELD_PACKETS: dropped. */
  readonly overflow: number
  /** The longest that a packet waited: from the first one's arrival to the start of the release. */
  readonly holdUs: number
}

interface Numbered {
  readonly move: number
  readonly epoch: number
}

// ---- Messages: each is plain data, any of them may be repeated -----------------------------

export type ToSource = Numbered &
  (
    | {
        readonly type: 'start'
        readonly endpoint: string
        readonly buckets: Buckets
        readonly primary: boolean
        readonly ports: number
      }
    | { readonly type: 'status' }
    /** The source owns the buckets from here on, whatever it has sent; the move is over. */
    | { readonly type: 'abort' }
    /** The target owns; rows may go, stragglers are still sent on for STRAGGLER_MS. */
    | { readonly type: 'forget' }
  )

export type FromSource = Numbered &
  (
    | { readonly type: 'started'; readonly totals: Totals }
    | { readonly type: 'settled'; readonly totals: Totals }
    /** Every fence was seen; `done` is in the stream. */
    | { readonly type: 'drained'; readonly totals: Totals }
    | { readonly type: 'forgotten'; readonly totals: Totals }
    | { readonly type: 'aborted' }
    | Refused
  )

export type ToTarget = Numbered &
  (
    | {
        readonly type: 'prepare'
        readonly source: ReplicaId
        readonly buckets: Buckets
        readonly primary: boolean
        readonly transfer: unknown
      }
    | { readonly type: 'hold' }
    | { readonly type: 'status' }
    | { readonly type: 'abort' }
    /** The source is dead: own the buckets with what has come. */
    | { readonly type: 'takeover'; readonly buckets: Buckets; readonly primary: boolean }
  )

export type FromTarget = Numbered &
  /** Where the source connects to. */
  (
    | { readonly type: 'prepared'; readonly endpoint: string }
    | { readonly type: 'held' }
    /** The target owns. `complete`: with all that the source had. */
    | { readonly type: 'released'; readonly complete: boolean; readonly hold: HoldTotals }
    | { readonly type: 'aborted' }
    | Refused
  )

/**
 * STALE_EPOCH: an older move or epoch than the one in force, or a move that is over here.
 * NOT_FOUND: the move never got here. INCOMPATIBLE and others: from the target's check.
 */
export interface Refused {
  readonly type: 'refused'
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly findings: readonly Finding[]
}

// ---- The stream, source → target, and credit back -------------------------------------------

/** What a frame carries. The order in the stream is the order of application. */
export type FrameKind =
  | 'shared' // rows of shared state, to be merged
  | 'rows' // rows of the buckets, from the snapshot
  | 'deltas' // later changes of rows, deletions among them
  | 'packets' // packets held inside elements, for the same element
  | 'done' // nothing but stragglers comes after this
  | 'stragglers' // packets that reached the source after its last fence

export interface FrameHead extends Numbered {
  /** From 0, without holes. */
  readonly seq: number
  readonly kind: FrameKind
}

/** Everything before `next` was applied; frames up to `next + window` (exclusive) may be sent. */
export interface Credit extends Numbered {
  readonly next: number
  readonly window: number
  /** A later frame than `next` came: send again from `next` on. */
  readonly gap: boolean
}
