// What a conductor knows: plain JSON. lib/move/conductor.ts has the transitions.

import { NO_HOLD, NO_TOTALS } from './common.ts'
import type {
  Failure,
  HoldTotals,
  JournalRecord,
  MoveSpec,
  Outcome,
  Step,
  Totals,
} from './types.ts'

export interface ConductorState {
  readonly step: Step
  readonly spec: MoveSpec
  /** The epoch that the step's flip installs, or the last one decided. */
  readonly epoch: number
  /** Where the target's stream socket is; '' while unknown. */
  readonly endpoint: string
  /** The target holds packets of the buckets. */
  readonly prepared: boolean
  /** The source has answered to `start`. */
  readonly started: boolean
  /** Questions of this step without progress. */
  readonly tries: number
  /** Who has answered in a step that waits for several. */
  readonly acks: { readonly source: boolean; readonly target: boolean; readonly flip: boolean }
  readonly dead: { readonly source: boolean; readonly target: boolean }
  readonly totals: Totals
  readonly swapUs: number
  readonly hold: HoldTotals
  /** The target has everything that the source had. */
  readonly complete: boolean
  readonly failure: Failure | null
  readonly outcome: Outcome | null
}

/** The state before `begin` or `recovered`. */
export function conductorState(spec: MoveSpec): ConductorState {
  return {
    step: 'prepare',
    spec,
    epoch: spec.epoch,
    endpoint: '',
    prepared: false,
    started: false,
    tries: 0,
    acks: { source: false, target: false, flip: false },
    dead: { source: false, target: false },
    totals: NO_TOTALS,
    swapUs: 0,
    hold: NO_HOLD,
    complete: false,
    failure: null,
    outcome: null,
  }
}

export function record(
  state: ConductorState,
  decision: JournalRecord['decision'],
  outcome: Outcome | null,
): JournalRecord {
  const { spec, epoch, failure: why } = state
  return { spec, decision, outcome, epoch, failure: why }
}

export function failure(state: ConductorState, code: string, message: string): Failure {
  return { step: state.step, code, message, findings: [] }
}
