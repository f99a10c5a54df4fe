// The conductor: walks a move through its steps, journals every decision before it acts on it, and
// finishes or undoes the move whoever dies. It runs in the coordinator; packets do not wait for it
// except between flip and release, and there O and N go on alone.
//
//   prepare ─▶ precopy ─▶ hold ─▶ flip ─▶ drain ─▶ forget ─▶ finished (done)
//      │          │         │     │ │       │
//      └──────────┴─────────┤     │ └───────┴─ N dead, or one failed ─▶ back ─▶ finished (undone)
//     abort, refused, N dead│     │ failed
//                           ▼     ▼ for certain
//                         undo ◀─ seal
//                           └─▶ finished (undone)
//
//   any step up to drain ── O dead ─▶ takeover ─▶ finished (takeover); both dead: finished (lost)
//
// Epochs: the move starts at E; the flip installs E + 1; back and seal E + 2; a takeover E + 1, or
// E + 3 once a flip was decided. Journal: begin, flip, back, takeover, done, finished. A
// successor undoes from `begin`, repeats what the others decided, and hears of deaths again.
//
// A time-out means unknown. Up to the hold, ASK_TRIES without progress undo the move; from the flip
// on there is nothing safe to assume, so it asks until an answer or a death comes.

import { ASK_AGAIN_MS, ASK_TRIES, UNDO_TRIES } from '../limits.ts'
import { ask } from './conductor-ask.ts'
import {
  back,
  beforeFlip,
  decide,
  finish,
  go,
  inFlip,
  lost,
  type Next,
  progress,
  recovered,
  takeover,
  undo,
} from './conductor-decide.ts'
import { type ConductorState, failure } from './conductor-state.ts'
import type { ConductorEvent, Failure, FromSource, FromTarget, Refused, Side } from './types.ts'

export type { ConductorState } from './conductor-state.ts'
export { conductorState } from './conductor-state.ts'

export function conductorStep(state: ConductorState, event: ConductorEvent): Next {
  if (state.step === 'finished') return [state, []]
  switch (event.on) {
    case 'begin':
      return decide(state, 'begin', 'prepare')
    case 'recovered':
      return recovered(state, event.record)
    case 'source':
      return event.msg.move === state.spec.move ? onSource(state, event.msg) : [state, []]
    case 'target':
      return event.msg.move === state.spec.move ? onTarget(state, event.msg) : [state, []]
    case 'flipped':
      return onFlipped(state, event.epoch, event.swapUs)
    case 'flip_failed':
      return onFlipFailed(state, event)
    case 'died':
      return onDied(state, event.side)
    case 'abort':
      // From the flip on the move is quicker finished than undone.
      return beforeFlip(state) ? undo(state, failure(state, 'CONFLICT', event.reason)) : [state, []]
    case 'timer':
      return onTimer(state)
  }
}

function onSource(state: ConductorState, msg: FromSource): Next {
  const { step } = state
  if (msg.type === 'refused') {
    if (beforeFlip(state)) return undo(state, refused(state, msg))
    // It has failed, and will never drain: the target cannot have released.
    if (inFlip(state) && isFailure(msg)) return back(state, refused(state, msg))
    // A source that does not know the move any more has nothing left to forget.
    return step === 'forget' && msg.code === 'NOT_FOUND' ? finish(state, 'done') : [state, []]
  }
  if (msg.type === 'aborted') return step === 'takeover' ? [state, []] : ack(state, 'source')
  const moved =
    msg.totals.chunks !== state.totals.chunks || msg.totals.rounds !== state.totals.rounds
  const now: ConductorState = {
    ...state,
    started: true,
    totals: msg.totals,
    // Any progress of the copy counts as an answer.
    tries: moved && step === 'precopy' ? 0 : state.tries,
  }
  if (step === 'precopy' && msg.type === 'settled') return go(now, 'hold')
  if (step === 'forget' && msg.type === 'forgotten') return finish(now, 'done')
  return [now, moved ? [progress(now)] : []]
}

function onTarget(state: ConductorState, msg: FromTarget): Next {
  switch (msg.type) {
    case 'refused': {
      if (beforeFlip(state)) return undo(state, refused(state, msg))
      // It has failed, and will never release.
      const fails = inFlip(state) && isFailure(msg)
      return fails ? back(state, refused(state, msg)) : [state, []]
    }
    case 'prepared':
      if (state.step !== 'prepare') return [state, []]
      return go({ ...state, endpoint: msg.endpoint, prepared: true }, 'precopy')
    case 'held': {
      if (state.step !== 'hold') return [state, []]
      return decide({ ...state, epoch: state.spec.epoch + 1 }, 'flip', 'flip')
    }
    case 'aborted':
      // In a takeover: an answer to what was asked before the source died.
      return state.step === 'takeover' ? [state, []] : ack(state, 'target')
    case 'released': {
      const now: ConductorState = { ...state, hold: msg.hold, complete: msg.complete }
      if (state.step === 'takeover') return ack(now, 'target')
      // It may overtake the agent's answer; it proves that the flip took place.
      if (!inFlip(state) || !msg.complete) return [state, []]
      return decide({ ...now, epoch: state.spec.epoch + 1 }, 'done', 'forget')
    }
  }
}

/** One of the sides that a step waits for has answered, or is dead. */
function ack(state: ConductorState, who: 'source' | 'target' | 'flip'): Next {
  const { step, dead } = state
  if (step !== 'undo' && step !== 'back' && step !== 'takeover') return [state, []]
  const acks = { ...state.acks, [who]: true }
  const now: ConductorState = { ...state, acks }
  const source = acks.source || dead.source
  const target = acks.target || dead.target
  if (step === 'undo') return source && target ? finish(now, 'undone') : [now, []]
  if (step === 'back') {
    if (source && target && acks.flip) return finish(now, 'undone')
    return [now, who === 'flip' ? ask(now) : []]
  }
  if (acks.target && acks.flip) return finish(now, now.complete ? 'done' : 'takeover')
  // A target that was never prepared gets packets only once it owns the buckets.
  return [now, who === 'target' && !now.prepared ? ask(now) : []]
}

function onFlipped(state: ConductorState, epoch: number, swapUs: number): Next {
  if (epoch !== state.epoch && state.step !== 'seal') return [state, []]
  const now: ConductorState = { ...state, swapUs }
  switch (state.step) {
    case 'flip':
      return go(now, 'drain')
    case 'seal':
      // A repeat of the flip got through after all.
      if (epoch === state.spec.epoch + 1) return go({ ...now, failure: null }, 'drain')
      return undo({ ...now, epoch }, null)
    case 'back':
    case 'takeover':
      return ack(now, 'flip')
    default:
      return [state, []]
  }
}

function onFlipFailed(
  state: ConductorState,
  event: Extract<ConductorEvent, { on: 'flip_failed' }>,
): Next {
  const first = state.spec.epoch + 1
  const why = failure(state, event.code, event.message)
  if (state.step === 'flip' && event.epoch === first) {
    // A predecessor has sealed the move.
    if (event.installed === first + 1) {
      const sealed = failure(state, 'MOVE_FAILED', 'the flip failed in an earlier attempt')
      return undo({ ...state, epoch: first + 1 }, sealed)
    }
    return go({ ...state, failure: why }, 'seal')
  }
  // Not sealed, because a repeat of the flip did succeed: on with it.
  if (state.step === 'seal' && event.epoch === first + 1 && event.installed === first)
    return go({ ...state, failure: null }, 'flip')
  return [state, []]
}

function onDied(state: ConductorState, side: Side): Next {
  if (state.dead[side]) return [state, []]
  const now: ConductorState = { ...state, dead: { ...state.dead, [side]: true } }
  const why = failure(now, 'MOVE_FAILED', `${now.spec[side]} died`)
  if (now.step === 'forget') return side === 'source' ? finish(now, 'done') : [now, []]
  if (now.dead.source && now.dead.target) return lost(now)
  if (side === 'source') return takeover(now)
  if (beforeFlip(now)) return undo(now, why)
  return inFlip(now) ? back(now, why) : ack(now, 'target')
}

function onTimer(state: ConductorState): Next {
  const now: ConductorState = { ...state, tries: state.tries + 1 }
  const silent = failure(now, 'UNREACHABLE', `no progress in step ${now.step}`)
  if (beforeFlip(now) && now.tries > ASK_TRIES) return undo(now, silent)
  // The epoch refuses whatever the silent side still sends; its next move ends this one there.
  if (now.step === 'undo' && now.tries > UNDO_TRIES) return finish(now, 'undone')
  return [now, [...ask(now), { do: 'timer', ms: ASK_AGAIN_MS }]]
}

/** Answers to stale messages say nothing about the move. */
function isFailure(msg: Refused): boolean {
  return msg.code !== 'STALE_EPOCH' && msg.code !== 'NOT_FOUND'
}

function refused(state: ConductorState, msg: Refused): Failure {
  return { step: state.step, code: msg.code, message: msg.message, findings: msg.findings }
}
