// What a conductor sends in each step: the same the first time and every time it asks again, less
// what was answered already.

import type { ConductorState } from './conductor-state.ts'
import type { ConductorAction, Flip, ToSource, ToTarget } from './types.ts'

export function ask(state: ConductorState): readonly ConductorAction[] {
  const { spec, step, acks, dead } = state
  const { move, source, buckets, primary, transfer, ports } = spec
  // What goes to the replicas before the flip carries the epoch that the flip will install.
  const at = { move, epoch: Math.max(state.epoch, spec.epoch + 1) }
  switch (step) {
    case 'prepare':
      return [target({ ...at, type: 'prepare', source, buckets, primary, transfer })]
    case 'precopy': {
      if (state.started) return [toSource({ ...at, type: 'status' })]
      const { endpoint } = state
      return [toSource({ ...at, type: 'start', endpoint, buckets, primary, ports })]
    }
    case 'hold':
      return [target({ ...at, type: 'hold' })]
    case 'flip':
      return [flip(state, false)]
    case 'seal':
      return [seal(state)]
    case 'drain': {
      // O and N need nobody now. What can be lost is a fence, and N's word that it is done.
      if (state.tries === 0) return []
      return [
        flip(state, false),
        toSource({ ...at, type: 'status' }),
        target({ ...at, type: 'status' }),
      ]
    }
    case 'forget':
      return [toSource({ ...at, type: 'forget' })]
    case 'undo':
      return aborts(state, at)
    case 'back':
      return [...aborts(state, at), ...(acks.flip ? [] : [flip(state, true)])]
    case 'takeover': {
      const flips = !acks.flip && (state.prepared || acks.target)
      const owns: readonly ConductorAction[] =
        acks.target || dead.target ? [] : [target({ ...at, type: 'takeover', buckets, primary })]
      return [...owns, ...(flips ? [flip(state, false)] : [])]
    }
    case 'finished':
      return []
  }
}

function aborts(
  state: ConductorState,
  at: { readonly move: number; readonly epoch: number },
): readonly ConductorAction[] {
  const { acks, dead } = state
  const actions: ConductorAction[] = []
  if (!acks.source && !dead.source) actions.push(toSource({ ...at, type: 'abort' }))
  // A failed target holds what is still steered to it until the flip back.
  const steered = state.step === 'back' && !acks.flip
  if (!acks.target && !dead.target && !steered) actions.push(target({ ...at, type: 'abort' }))
  return actions
}

/** Fences are for a source that lives, on the way forward only. */
function flip(state: ConductorState, toTheSource: boolean): ConductorAction {
  const { spec, epoch, step } = state
  const { move, buckets, primary } = spec
  const forward = step === 'flip' || step === 'drain'
  const f: Flip = {
    move,
    epoch,
    expect: forward ? spec.epoch : null,
    buckets,
    primary,
    owner: toTheSource ? spec.source : spec.target,
    fenceTo: forward ? spec.source : null,
  }
  return { do: 'flip', flip: f }
}

/** Takes E + 2 with the owners as they are, if E is still in force: no repeat of E + 1 succeeds then. */
function seal(state: ConductorState): ConductorAction {
  const { move, buckets, primary, source, epoch } = state.spec
  const owner = source
  const f: Flip = { move, epoch: epoch + 2, expect: epoch, buckets, primary, owner, fenceTo: null }
  return { do: 'flip', flip: f }
}

function toSource(msg: ToSource): ConductorAction {
  return { do: 'send', to: 'source', msg }
}

function target(msg: ToTarget): ConductorAction {
  return { do: 'send', to: 'target', msg }
}
