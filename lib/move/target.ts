// The target (N): holds the packets of the buckets while it applies the source's stream, and owns
// the buckets from `done` on. With the source dead it owns them with what has come.
//
//          prepare             ready              done applied            released (packet loop)
//   idle ──────────▶ preparing ──────▶ incoming ────────────────▶ releasing ───────▶ owner
//     ▲                │    │             │ │ takeover                ▲  ▲
//     │        not     │    │ takeover    │ └───────────▶ ending ─────┘  │
//     │        ready   │    └─────────────┼── (idle, aborted, failed too)┘
//     │                ▼                  │ abort                ending: the source's stream is
//     │              failed ──abort──▶ aborted                   read to its end before that
//     └──────(newer prepare)──────────────┘
//
// `failed`: nothing is applied or released any more, so that the conductor may give the buckets
// back to the source although this side lives.

import { STREAM_CREDIT, TAKEOVER_WAIT_MS } from '../limits.ts'
import { inForce, refusal, type Steps } from './common.ts'
import { replies, reply, TARGET_IDLE, type TargetState, takes } from './target-state.ts'
import type {
  Credit,
  FrameHead,
  HoldTotals,
  Refused,
  TargetAction,
  TargetCommand,
  TargetEvent,
  ToTarget,
} from './types.ts'

export type { TargetPhase, TargetState } from './target-state.ts'
export { TARGET_IDLE } from './target-state.ts'

type Next = Steps<TargetState, TargetAction>

export function targetStep(state: TargetState, event: TargetEvent): Next {
  if (event.on === 'message') return onMessage(state, event.msg)
  if (event.on === 'timer') return state.phase === 'ending' ? release(state, true) : [state, []]
  const move = event.on === 'frame' ? event.head.move : event.move
  if (move !== state.move) return [state, []]
  switch (event.on) {
    case 'ready':
      return onReady(state, event.endpoint)
    case 'not_ready':
      return state.phase === 'preparing' ? fail(state, event.refused) : [state, []]
    case 'frame':
      return onFrame(state, event.head, event.ref)
    case 'applied':
      return onApplied(state, event.seq)
    case 'apply_failed':
      return takes(state) || state.phase === 'releasing' ? fail(state, event.refused) : [state, []]
    case 'stream_ended':
      if (state.phase === 'ending') return release({ ...state, streamEnded: true }, true)
      return [{ ...state, streamEnded: true }, []]
    case 'released':
      return onReleased(state, event.hold)
  }
}

function onMessage(state: TargetState, msg: ToTarget): Next {
  const order = inForce(state, msg)
  if (order === 'stale') return [state, [reply(refusal(msg, 'STALE_EPOCH', state))]]
  if (order === 'newer') {
    if (msg.type === 'hold' || msg.type === 'status')
      return [state, [reply(refusal(msg, 'NOT_FOUND'))]]
    const [, cleared] = abort(state, false)
    const fresh: TargetState = { ...TARGET_IDLE, move: msg.move, epoch: msg.epoch }
    const [next, actions] = onOwnMessage(fresh, msg)
    return [next, [...cleared, ...actions]]
  }
  return onOwnMessage({ ...state, epoch: msg.epoch }, msg)
}

function onOwnMessage(state: TargetState, msg: ToTarget): Next {
  switch (msg.type) {
    case 'prepare':
      return state.phase === 'idle' ? prepare(state, msg) : [state, replies(state)]
    case 'hold': {
      const next = state.phase === 'incoming' ? { ...state, held: true } : state
      return [next, replies(next)]
    }
    case 'status':
      return [state, replies(state)]
    case 'abort':
      return abort(state, true)
    case 'takeover':
      return takeover(state, msg)
  }
}

function prepare(state: TargetState, msg: Extract<ToTarget, { type: 'prepare' }>): Next {
  const { buckets, primary, transfer } = msg
  const next: TargetState = { ...state, phase: 'preparing', buckets, primary }
  return [next, [command(next, { type: 'prepare', buckets, primary, transfer })]]
}

function onReady(state: TargetState, endpoint: string): Next {
  if (state.phase !== 'preparing') return [state, []]
  const next: TargetState = { ...state, phase: 'incoming', endpoint }
  return [next, replies(next)]
}

/** The buckets are not taken, and the conductor is told; `abort` cleans up. */
function fail(state: TargetState, refused: Refused): Next {
  const next: TargetState = { ...state, phase: 'failed', refused }
  return [next, replies(next)]
}

function onFrame(state: TargetState, head: FrameHead, ref: number): Next {
  const late = state.phase === 'releasing' || state.phase === 'owner'
  if (!takes(state) && !late) return [state, []]
  if (head.seq < state.next) return [state, [credit(state, false)]]
  if (head.seq > state.next) {
    // One report a gap: the frames behind it would ask for the same again.
    if (state.gapAt === state.next) return [state, []]
    return [{ ...state, gapAt: state.next }, [credit(state, true)]]
  }
  const next: TargetState = { ...state, next: state.next + 1, gapAt: -1 }
  if (head.kind === 'done') {
    const done = { ...next, doneSeq: head.seq }
    // The packet loop works in order, and releases nothing where an earlier frame did not apply.
    const [after, actions] = takes(done) ? release(done, false) : [done, []]
    if (after.applied !== head.seq) return [after, actions]
    const [acked, credits] = onApplied(after, head.seq)
    return [acked, [...actions, ...credits]]
  }
  // After a takeover without `done`, rows come too late: packets have changed the ones here.
  if (late && head.kind !== 'stragglers') return onApplied(next, head.seq)
  return [next, [command(next, { type: 'apply', seq: head.seq, kind: head.kind, ref })]]
}

function onApplied(state: TargetState, seq: number): Next {
  let applied = Math.max(state.applied, seq + 1)
  if (applied === state.doneSeq) applied += 1
  const next: TargetState = { ...state, applied }
  return [next, [credit(next, false)]]
}

/**
 * The packet loop works in order: what it was given before is applied when it releases.
 * @param anyway the source is dead: with what has come, also where a frame did not apply
 */
function release(state: TargetState, anyway: boolean): Next {
  const { buckets, primary } = state
  const next: TargetState = { ...state, phase: 'releasing', complete: !anyway }
  return [
    next,
    [command(next, { type: 'release', buckets, primary, anyway }), { do: 'timer', ms: -1 }],
  ]
}

function onReleased(state: TargetState, hold: HoldTotals): Next {
  if (state.phase !== 'releasing') return [state, []]
  const next: TargetState = { ...state, phase: 'owner', hold }
  return [next, replies(next)]
}

function takeover(state: TargetState, msg: Extract<ToTarget, { type: 'takeover' }>): Next {
  const { buckets, primary } = msg
  switch (state.phase) {
    case 'owner':
      return [state, replies(state)]
    case 'releasing':
    case 'ending':
      return [state, []]
    case 'incoming':
      if (!state.streamEnded)
        return [{ ...state, phase: 'ending' }, [{ do: 'timer', ms: TAKEOVER_WAIT_MS }]]
      return release(state, true)
    default:
      return release({ ...state, buckets, primary }, true)
  }
}

function abort(state: TargetState, answer: boolean): Next {
  const { phase, buckets } = state
  // Owner, or about to be: too late, and the answer says so. `idle`: the move was never here.
  if (phase === 'owner') return [state, answer ? replies(state) : []]
  if (phase === 'releasing' || phase === 'ending') return [state, []]
  const next: TargetState = { ...state, phase: 'aborted' }
  const cleared: TargetAction[] =
    phase === 'idle' || phase === 'aborted' ? [] : [command(next, { type: 'discard', buckets })]
  return [next, answer ? [...cleared, ...replies(next)] : cleared]
}

function credit(state: TargetState, gap: boolean): TargetAction {
  const { move, epoch, applied, next } = state
  const c: Credit = { move, epoch, next: gap ? next : applied, window: STREAM_CREDIT, gap }
  return { do: 'credit', credit: c }
}

function command(state: TargetState, c: TargetCommand): TargetAction {
  return { do: 'worker', move: state.move, command: c }
}
