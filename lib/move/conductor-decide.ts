// The decisions of a conductor: each goes to a step, journals first where a successor has to know,
// and asks what the step has to ask. lib/move/conductor.ts says when.

import { ASK_AGAIN_MS } from '../limits.ts'
import type { Steps } from './common.ts'
import { ask } from './conductor-ask.ts'
import { type ConductorState, failure, record } from './conductor-state.ts'
import type { ConductorAction, Failure, JournalRecord, Outcome, Step } from './types.ts'

export type Next = Steps<ConductorState, ConductorAction>

/** Goes to a step and does its asking. */
export function go(state: ConductorState, step: Step): Next {
  const next: ConductorState = { ...state, step, tries: 0, acks: NO_ACKS }
  return [next, [...ask(next), progress(next), { do: 'timer', ms: ASK_AGAIN_MS }]]
}

const NO_ACKS = Object.freeze({ source: false, target: false, flip: false })

/** Journals a decision, then goes to its step. */
export function decide(
  state: ConductorState,
  decision: JournalRecord['decision'],
  step: Step,
): Next {
  const [next, actions] = go(state, step)
  return [next, [{ do: 'journal', record: record(next, decision, null) }, ...actions]]
}

export function finish(state: ConductorState, outcome: Outcome): Next {
  const next: ConductorState = { ...state, step: 'finished', outcome }
  const { epoch, failure: why } = next
  return [
    next,
    [
      { do: 'journal', record: record(next, 'finished', outcome) },
      { do: 'timer', ms: -1 },
      progress(next),
      { do: 'finish', outcome, epoch, failure: why },
    ],
  ]
}

export function undo(state: ConductorState, why: Failure | null): Next {
  // Aborted, the target holds nothing any more: a takeover from here flips only when it owns.
  return go({ ...state, prepared: false, failure: state.failure ?? why }, 'undo')
}

export function back(state: ConductorState, why: Failure): Next {
  const epoch = state.spec.epoch + 2
  const now: ConductorState = { ...state, epoch, prepared: false, failure: state.failure ?? why }
  return decide(now, 'back', 'back')
}

export function takeover(state: ConductorState): Next {
  const why = failure(state, 'MOVE_FAILED', `${state.spec.source} died`)
  // Once a flip was decided, E + 2 may be in force too (a predecessor's seal): E + 3 supersedes it.
  const epoch = state.spec.epoch + (state.epoch > state.spec.epoch ? 3 : 1)
  return decide({ ...state, epoch, failure: state.failure ?? why }, 'takeover', 'takeover')
}

export function lost(state: ConductorState): Next {
  // Flips of any epoch of this move may still be on their way: the next move starts above them.
  const epoch = state.spec.epoch + 3
  const why = failure(state, 'MOVE_FAILED', 'both replicas died')
  return finish({ ...state, epoch, failure: state.failure ?? why }, 'lost')
}

export function recovered(state: ConductorState, r: JournalRecord): Next {
  const now: ConductorState = { ...state, epoch: r.epoch, failure: r.failure }
  switch (r.decision) {
    case 'begin':
      return undo(now, failure(now, 'MOVE_FAILED', 'the coordinator was started again'))
    case 'flip':
      return go({ ...now, prepared: true }, 'flip')
    case 'back':
      return go(now, 'back')
    case 'takeover':
      return go({ ...now, dead: { source: true, target: false } }, 'takeover')
    case 'done':
      return go(now, 'forget')
    case 'finished':
      return finish(now, r.outcome ?? 'undone')
  }
}

export function beforeFlip(state: ConductorState): boolean {
  return state.step === 'prepare' || state.step === 'precopy' || state.step === 'hold'
}

export function inFlip(state: ConductorState): boolean {
  return state.step === 'flip' || state.step === 'seal' || state.step === 'drain'
}

export function progress(state: ConductorState): ConductorAction {
  const { step, totals, swapUs, hold } = state
  return { do: 'progress', progress: { step, totals, swapUs, hold } }
}
