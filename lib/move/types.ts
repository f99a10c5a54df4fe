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
  /** From the first held packet to the last one released. */
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

// ---- Source -----------------------------------------------------------------------------------

export type SourceEvent =
  | { readonly on: 'message'; readonly msg: ToSource }
  /** The packet loop made a chunk (against a grant); `ref` names its bytes. */
  | {
      readonly on: 'chunk'
      readonly kind: Exclude<FrameKind, 'done'>
      readonly ref: number
      readonly bytes: number
      /** Rows, deltas or packets inside. */
      readonly count: number
    }
  /** A pass is over (the first one is the snapshot); so many rows were dirtied meanwhile. */
  | { readonly on: 'round'; readonly pending: number }
  | { readonly on: 'fence'; readonly move: number; readonly epoch: number; readonly port: number }
  /** The last chunk before `done` was made; the buckets' gate says AWAY since `drain`. */
  | { readonly on: 'drained' }
  | { readonly on: 'credit'; readonly credit: Credit }
  | { readonly on: 'timer' }

/** What the source asks of its packet loop. */
export type SourceCommand =
  /** Mark rows of these buckets as they change; first pass: shared state and all rows. */
  | { readonly type: 'subscribe'; readonly buckets: Buckets }
  /** So many more chunks may be made. Grants add up, and outlive a round. */
  | { readonly type: 'grant'; readonly chunks: number }
  /** The next pass: rows that are dirty now. */
  | { readonly type: 'round' }
  /**
   * In one turn: gate → AWAY; then, against grants: packets held inside elements, the last deltas;
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
  | { readonly do: 'worker'; readonly command: SourceCommand }
  | { readonly do: 'connect'; readonly endpoint: string }
  /** Send a frame with the bytes of `ref` (-1: none), and keep it until `acked`. */
  | { readonly do: 'frame'; readonly head: FrameHead; readonly ref: number }
  /** Send kept frames again: [from, to). */
  | { readonly do: 'resend'; readonly from: number; readonly to: number }
  /** Kept frames before `next` can go. */
  | { readonly do: 'acked'; readonly next: number }
  /** Close the stream and drop what is kept. */
  | { readonly do: 'disconnect' }
  /** One timer a machine; a later one replaces it; -1: none. */
  | { readonly do: 'timer'; readonly ms: number }

// ---- Target -----------------------------------------------------------------------------------

export type TargetEvent =
  | { readonly on: 'message'; readonly msg: ToTarget }
  /** The check of schemas went well, room is reserved, the gate says INCOMING, the socket is bound. */
  | { readonly on: 'ready'; readonly endpoint: string }
  | { readonly on: 'not_ready'; readonly refused: Refused }
  /** A frame came; `ref` names its bytes. */
  | { readonly on: 'frame'; readonly head: FrameHead; readonly ref: number }
  /** The packet loop has applied the frame of this sequence number (frames in order). */
  | { readonly on: 'applied'; readonly seq: number }
  /** The packet loop could not apply a frame: bytes that do not parse, no room. */
  | { readonly on: 'apply_failed'; readonly seq: number; readonly refused: Refused }
  /** Held packets are out, in order; the gate says OWNED. */
  | { readonly on: 'released'; readonly hold: HoldTotals }
  /** The source's end of the stream is gone, and all that it sent was given as `frame`. */
  | { readonly on: 'stream_ended' }
  | { readonly on: 'timer' }

export type TargetCommand =
  /** Check, reserve, gate → INCOMING. Answered by `ready` or `not_ready`. */
  | {
      readonly type: 'prepare'
      readonly move: number
      readonly buckets: Buckets
      readonly primary: boolean
      readonly transfer: unknown
    }
  /** Apply a frame: rows are stored, element packets queued, stragglers enter at their port. */
  | { readonly type: 'apply'; readonly seq: number; readonly kind: FrameKind; readonly ref: number }
  /** Stragglers that came first, then held packets, in order; then gate → OWNED, router active. */
  | { readonly type: 'release'; readonly buckets: Buckets; readonly primary: boolean }
  /** Gate → FOREIGN, rows of the buckets go, held packets are dropped and counted. */
  | { readonly type: 'discard'; readonly buckets: Buckets }

export type TargetAction =
  | { readonly do: 'reply'; readonly msg: FromTarget }
  | { readonly do: 'worker'; readonly command: TargetCommand }
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
