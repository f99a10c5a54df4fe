// The source (O): streams the buckets to the target while it forwards, and lets go of them at the
// last fence. It keeps the rows until it is told to forget, so that it can take the buckets back.
//
//            start            settled             last fence          drained (packet loop)
//   idle ───────────▶ copying ───────▶ settled ───────────▶ draining ─────────▶ drained
//     ▲                  │ last fence     │                    ▲  │                │ forget
//     │                  └────────────────┼────────────────────┘  │                ▼
//     │                  │ abort          │ abort                 │ abort      forgotten
//     │                  ▼                ▼                       ▼                │ STRAGGLER_MS
//     └─(newer start)─ aborted: owns the buckets, whatever was sent              closed
//
// `failed`, from copying, settled or draining: the packet loop cannot send on. The conductor is told,
// now and whenever it asks, and aborts: before the flip that is an undo, after it the way back.
//
// The stream: frames have sequence numbers; those without credit yet are kept by whoever runs this
// machine, and sent again on a gap or after STREAM_RETRY_MS without progress. The packet loop makes
// a chunk only against a grant, so a slow target delays the copy and never the loop.

import {
  ROUND_PAUSE_MS,
  ROUNDS_MAX,
  SETTLE_FRAMES,
  SETTLE_ROWS,
  SETTLE_SHRINK,
  STRAGGLER_MS,
  STREAM_CREDIT,
  STREAM_RETRY_MS,
} from '../limits.ts'
import { inForce, refusal, type Steps } from './common.ts'
import {
  command,
  counted,
  isSettled,
  milestone,
  reply,
  SOURCE_IDLE,
  type SourceState,
  streams,
} from './source-state.ts'
import type { Credit, FrameKind, Refused, SourceAction, SourceEvent, ToSource } from './types.ts'

export type { SourcePhase, SourceState } from './source-state.ts'
export { SOURCE_IDLE } from './source-state.ts'

type Next = Steps<SourceState, SourceAction>
type RoundEvent = Extract<SourceEvent, { on: 'round' }>

export function sourceStep(state: SourceState, event: SourceEvent): Next {
  switch (event.on) {
    case 'message':
      return onMessage(state, event.msg)
    case 'timer':
      return onTimer(state)
    case 'credit':
      return onCredit(state, event.credit)
    case 'fence':
      return onFence(state, event.move, event.epoch, event.port)
    case 'failed':
      return event.move === state.move ? onFailed(state, event.refused) : [state, []]
    case 'chunk':
    case 'round':
    case 'drained': {
      // What the packet loop said about a move that is over here.
      if (event.move !== state.move || !streams(state))
        return [state, event.on === 'chunk' ? [{ do: 'drop', ref: event.ref }] : []]
      if (event.on === 'chunk') return onChunk(state, event.kind, event.ref, event)
      return event.on === 'round' ? onRound(state, event) : onDrained(state)
    }
  }
}

function onMessage(state: SourceState, msg: ToSource): Next {
  const order = inForce(state, msg)
  if (order === 'stale') return [state, [reply(refusal(msg, 'STALE_EPOCH', state))]]
  if (order === 'newer') {
    if (msg.type !== 'start' && msg.type !== 'abort')
      return [state, [reply(refusal(msg, 'NOT_FOUND'))]]
    const [, actions] = leave(state)
    const { move, epoch } = msg
    const fresh: SourceState = { ...SOURCE_IDLE, phase: 'aborted', move, epoch }
    if (msg.type === 'abort') return [fresh, [...actions, reply(milestone(fresh))]]
    const [next, started] = start(fresh, msg)
    return [next, [...actions, ...started]]
  }
  const now = { ...state, epoch: msg.epoch }
  switch (msg.type) {
    case 'start':
    case 'status':
      return [now, [reply(milestone(now))]]
    case 'abort':
      return abort(now)
    case 'forget':
      return forget(now)
  }
}

function start(state: SourceState, msg: Extract<ToSource, { type: 'start' }>): Next {
  const next: SourceState = {
    ...state,
    phase: 'copying',
    flipEpoch: msg.epoch,
    buckets: msg.buckets,
    primary: msg.primary,
    fences: Array.from({ length: msg.ports }, (_, port) => port),
    limit: STREAM_CREDIT,
    tickMs: ROUND_PAUSE_MS,
  }
  const [granted, grants] = grant(next)
  return [
    granted,
    [
      { do: 'connect', endpoint: msg.endpoint },
      command(next, {
        type: 'subscribe',
        buckets: msg.buckets,
        primary: msg.primary,
        epoch: msg.epoch,
        ports: msg.ports,
      }),
      ...grants,
      reply(milestone(next)),
      { do: 'timer', ms: next.tickMs },
    ],
  ]
}

/**
 * Sequence number up to which chunks may be made. One slot of the window is kept for `done`. Once
 * all rows were sent, few frames are under way: what waits at the target when the last fence comes
 * prolongs the hold. From that fence on there is nothing to wait for.
 */
function windowEnd(state: SourceState): number {
  if (state.phase === 'drained' || state.phase === 'forgotten') return state.limit
  const end = state.limit - 1
  const inRounds = state.snapshotEnd >= 0 && state.phase !== 'draining'
  return inRounds ? Math.min(end, state.acked + SETTLE_FRAMES) : end
}

function grant(state: SourceState): Next {
  const chunks = windowEnd(state) - state.next - state.granted
  if (chunks <= 0) return [state, []]
  return [
    { ...state, granted: state.granted + chunks },
    [command(state, { type: 'grant', chunks })],
  ]
}

function onChunk(
  state: SourceState,
  kind: FrameKind,
  ref: number,
  size: { readonly bytes: number; readonly count: number },
): Next {
  const totals = counted(state.totals, kind, size)
  const granted = Math.max(0, state.granted - 1)
  return frame({ ...state, totals, granted }, kind, ref)
}

function frame(state: SourceState, kind: FrameKind, ref: number): Next {
  const head = { move: state.move, epoch: state.flipEpoch, seq: state.next, kind }
  return [{ ...state, next: state.next + 1 }, [{ do: 'frame', head, ref }]]
}

function onRound(state: SourceState, { pending, dropped = 0 }: RoundEvent): Next {
  if (state.phase !== 'copying' && state.phase !== 'settled') return [state, []]
  const fewer = state.best < 0 || pending <= state.best * SETTLE_SHRINK
  // Rounds count as progress: a target that applies nothing must not be waited for by them.
  const most = state.phase === 'copying' ? ROUNDS_MAX : Number.POSITIVE_INFINITY
  const totals = { ...state.totals, rounds: Math.min(state.totals.rounds + 1, most), pending }
  const next: SourceState = {
    ...state,
    totals,
    snapshotEnd: state.snapshotEnd < 0 ? state.next : state.snapshotEnd,
    granted: Math.max(0, state.granted - dropped),
    best: fewer ? pending : state.best,
    stalls: fewer ? 0 : state.stalls + 1,
  }
  const settled = next.phase === 'settled' || isSettled(next)
  const after: SourceState = {
    ...next,
    phase: settled ? 'settled' : 'copying',
    // Many dirty rows: the next round at once. Few: after a pause, or it would spin.
    roundDue: pending <= SETTLE_ROWS,
  }
  const actions: SourceAction[] = []
  if (!after.roundDue) actions.push(command(after, { type: 'round' }))
  if (after.phase !== state.phase) actions.push(reply(milestone(after)))
  return [after, actions]
}

function onFence(state: SourceState, move: number, epoch: number, port: number): Next {
  const waits = state.phase === 'copying' || state.phase === 'settled'
  if (!waits || move !== state.move || epoch !== state.flipEpoch) return [state, []]
  const fences = state.fences.filter((p) => p !== port)
  if (fences.length > 0) return [{ ...state, fences }, []]
  const { buckets, primary } = state
  const draining = { ...state, fences, phase: 'draining' as const, roundDue: false }
  const [next, grants] = grant({ ...draining, tickMs: STREAM_RETRY_MS })
  const drain = command(state, { type: 'drain', buckets, primary })
  return [next, [drain, ...grants, { do: 'timer', ms: STREAM_RETRY_MS }]]
}

function onDrained(state: SourceState): Next {
  if (state.phase !== 'draining') return [state, []]
  const [sent, actions] = frame({ ...state, phase: 'drained' }, 'done', -1)
  const [next, grants] = grant(sent)
  return [next, [...actions, ...grants, reply(milestone(next))]]
}

/** Nothing is sent any more, so the target will not own: the conductor ends the move. */
function onFailed(state: SourceState, refused: Refused): Next {
  if (!['copying', 'settled', 'draining'].includes(state.phase)) return [state, []]
  const next: SourceState = { ...state, phase: 'failed', refused, roundDue: false }
  return [next, [reply(milestone(next))]]
}

function onCredit(state: SourceState, credit: Credit): Next {
  if (credit.move !== state.move || !streams(state) || credit.next > state.next) return [state, []]
  const forward = credit.next > state.acked
  const limit = Math.max(state.limit, credit.next + credit.window)
  const acked = Math.max(state.acked, credit.next)
  const actions: SourceAction[] = []
  if (forward) actions.push({ do: 'acked', next: acked })
  // A credit that was overtaken by a later one says nothing about gaps.
  if (credit.gap && credit.next >= state.acked && credit.next < state.next)
    actions.push({ do: 'resend', from: credit.next, to: state.next })
  const quietMs = forward || credit.gap ? 0 : state.quietMs
  const [next, grants] = grant({ ...state, acked, limit, quietMs })
  return [next, [...actions, ...grants]]
}

function onTimer(state: SourceState): Next {
  if (!streams(state)) return [state, []]
  const unacked = state.next > state.acked
  const restMs = state.phase === 'forgotten' ? state.restMs + state.tickMs : 0
  // Frames that nobody takes any more are given up at ten times the rest.
  if (restMs >= STRAGGLER_MS && (!unacked || restMs >= 10 * STRAGGLER_MS)) return leave(state)
  const actions: SourceAction[] = []
  if (state.roundDue) actions.push(command(state, { type: 'round' }))
  let quietMs = unacked ? state.quietMs + state.tickMs : 0
  if (quietMs >= STREAM_RETRY_MS) {
    actions.push({ do: 'resend', from: state.acked, to: state.next })
    quietMs = 0
  }
  actions.push({ do: 'timer', ms: state.tickMs })
  return [{ ...state, quietMs, restMs, roundDue: false }, actions]
}

function abort(state: SourceState): Next {
  // The target was told to be the owner by now: an abort here is somebody's mistake.
  if (state.phase === 'forgotten' || state.phase === 'closed')
    return [state, [reply(refusal(state, 'STALE_EPOCH'))]]
  const [next, actions] = leave(state)
  return [next, [...actions, reply(milestone(next))]]
}

/** Ends what is going on: with the buckets while they are the source's, else without them. */
function leave(state: SourceState): Next {
  if (!streams(state)) return [state, []]
  const { buckets, primary, phase } = state
  const end: SourceAction[] = [{ do: 'disconnect' }, { do: 'timer', ms: -1 }]
  if (phase === 'forgotten')
    return [{ ...state, phase: 'closed' }, [command(state, { type: 'close', buckets }), ...end]]
  return [
    { ...state, phase: 'aborted' },
    [command(state, { type: 'own', buckets, primary }), ...end],
  ]
}

function forget(state: SourceState): Next {
  if (state.phase === 'drained') {
    const next: SourceState = { ...state, phase: 'forgotten', restMs: 0 }
    const gone = command(state, { type: 'forget', buckets: state.buckets })
    return [next, [gone, reply(milestone(next))]]
  }
  const done = state.phase === 'forgotten' || state.phase === 'closed'
  return [state, [reply(done ? milestone(state) : refusal(state, 'STALE_EPOCH'))]]
}
