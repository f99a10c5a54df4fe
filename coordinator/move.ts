// Runs one move: lib/move's conductor, which only decides, with the journal, the agent and the clock
// around it. Events are taken one at a time, and the actions of each are carried out before the next
// one: a decision is in the journal before anything that follows from it happens.

import type { Clock, Timer } from '../lib/clock.ts'
import { ClickUpError } from '../lib/errors.ts'
import { failpointAt } from '../lib/failpoint.ts'
import type { Log } from '../lib/log.ts'
import type { ConductorState } from '../lib/move/conductor.ts'
import { conductorState, conductorStep } from '../lib/move/conductor.ts'
import type {
  ConductorAction,
  ConductorEvent,
  Failure,
  Flip,
  JournalRecord,
  MoveSpec,
  Outcome,
  Progress,
  Step,
} from '../lib/move/types.ts'
import type { FlipAnswer, ReplicaId, ReplicaMove } from '../lib/wire/messages.ts'

export interface MoveParts {
  /** Resolves when the record is durable. */
  readonly journal: (record: JournalRecord) => Promise<void>
  readonly flip: (flip: Flip) => Promise<FlipAnswer>
  readonly send: (replica: ReplicaId, move: ReplicaMove) => Promise<void>
  readonly onProgress: (progress: Progress, phases: readonly Phase[]) => void
  readonly clock: Clock
  readonly log: Log
}

export interface Phase {
  readonly step: Step
  readonly ms: number
}

export interface MoveResult {
  readonly outcome: Outcome
  readonly epoch: number
  readonly failure: Failure | null
  readonly progress: Progress
  readonly phases: readonly Phase[]
}

interface Settle {
  resolve(result: MoveResult): void
  reject(cause: unknown): void
}

export class Move {
  readonly spec: MoveSpec
  readonly finished: Promise<MoveResult>
  readonly #parts: MoveParts
  #state: ConductorState
  #events: ConductorEvent[] = []
  #running = false
  #closed = false
  #timer: Timer | null = null
  #phases: { step: Step; since: number; ms: number }[] = []
  #progress: Progress | null = null
  readonly #settle: Settle

  constructor(spec: MoveSpec, parts: MoveParts) {
    this.spec = spec
    this.#parts = parts
    this.#state = conductorState(spec)
    let settle: Settle | null = null
    this.finished = new Promise((resolve, reject) => {
      settle = { resolve, reject }
    })
    this.#settle = settle!
    // Whoever awaits it hears of a failure; one that comes earlier must not end the process.
    this.finished.catch(() => {})
  }

  /** @param record the journal's last, where a predecessor had begun */
  begin(record: JournalRecord | null): void {
    this.feed(record === null ? { on: 'begin' } : { on: 'recovered', record })
  }

  feed(event: ConductorEvent): void {
    if (this.#closed) return
    this.#events.push(event)
    if (this.#running) return
    this.#running = true
    void this.#run()
  }

  /** The coordinator ends: nothing more is decided here, a successor goes on. */
  close(): void {
    this.#closed = true
    this.#events = []
    this.#timer?.cancel()
    const hint = 'start the coordinator again: it brings the move to its end'
    this.#settle.reject(new ClickUpError('UNREACHABLE', 'the coordinator is ending', hint))
  }

  async #run(): Promise<void> {
    try {
      while (this.#events.length > 0) await this.#take(this.#events.shift()!)
    } catch (cause) {
      // The store failed, or a failpoint said so. Nothing more is decided: a successor goes on.
      this.#timer?.cancel()
      this.#settle.reject(cause)
      return
    }
    this.#running = false
  }

  async #take(event: ConductorEvent): Promise<void> {
    const before = this.#state
    const [state, actions] = conductorStep(before, event)
    this.#state = state
    // A begin has no step before it; its failpoints are named after the decision.
    const begins = event.on === 'begin'
    const phase = begins ? 'begin' : state.step
    const turned = begins || state.step !== before.step
    if (turned) failpointAt('move.conductor', 'before', phase)
    for (const action of actions) {
      await this.#act(action)
      if (turned && action.do === 'journal') failpointAt('move.conductor', 'journalled', phase)
    }
    if (turned) failpointAt('move.conductor', 'after', phase)
  }

  async #act(action: ConductorAction): Promise<void> {
    const { move } = this.spec
    switch (action.do) {
      case 'journal':
        await this.#parts.journal(action.record)
        this.#parts.log.info('move_decided', { move, decision: action.record.decision })
        break
      case 'send':
        this.#send(action)
        break
      case 'flip':
        this.#flip(action.flip)
        break
      case 'timer':
        this.#timer?.cancel()
        this.#timer =
          action.ms < 0 || this.#closed
            ? null
            : this.#parts.clock.after(action.ms, () => this.feed({ on: 'timer' }))
        break
      case 'progress':
        this.#note(action.progress)
        break
      case 'finish': {
        const { outcome, epoch, failure } = action
        const progress = this.#progress!
        this.#settle.resolve({ outcome, epoch, failure, progress, phases: this.phases })
      }
    }
  }

  get phases(): readonly Phase[] {
    const now = this.#parts.clock.now()
    return this.#phases.map(({ step, since, ms }) => ({ step, ms: ms < 0 ? now - since : ms }))
  }

  /** Not awaited: an answer is an event; the conductor asks again when none comes. */
  #flip(flip: Flip): void {
    this.#parts.flip(flip).then(
      (answer) => {
        if (answer.result === 'flipped')
          this.feed({ on: 'flipped', epoch: answer.epoch, swapUs: answer.swapUs })
        else {
          const { epoch, installed, code, message } = answer
          this.feed({ on: 'flip_failed', epoch, installed, code, message })
        }
      },
      (error: unknown) => this.#parts.log.warn('flip_unknown', { move: flip.move, error }),
    )
  }

  #send(action: Extract<ConductorAction, { do: 'send' }>): void {
    const { source, target, move } = this.spec
    const sent =
      action.to === 'source'
        ? this.#parts.send(source, { role: 'source', msg: action.msg })
        : this.#parts.send(target, { role: 'target', msg: action.msg })
    sent.catch((error: unknown) => this.#parts.log.warn('move_message_lost', { move, error }))
  }

  #note(progress: Progress): void {
    const now = this.#parts.clock.now()
    const last = this.#phases.at(-1)
    if (last?.step !== progress.step) {
      if (last !== undefined) last.ms = now - last.since
      const over = progress.step === 'finished'
      this.#phases.push({ step: progress.step, since: now, ms: over ? 0 : -1 })
    }
    this.#progress = progress
    this.#parts.onProgress(progress, this.phases)
  }
}
