// The coordinator: runs the conductor, keeps the journal, and starts again after a crash, from the
// journal's last record. Replies that were under way may reach the new one.

import { type ConductorState, conductorState, conductorStep } from '../../lib/move/conductor.ts'
import type {
  ConductorAction,
  ConductorEvent,
  Failure,
  Flip,
  JournalRecord,
  MoveSpec,
  Outcome,
  ToSource,
  ToTarget,
} from '../../lib/move/types.ts'
import { Process, plainData, type World } from './world.ts'

export interface CoordinatorOutside {
  send(to: 'source' | 'target', msg: ToSource | ToTarget): void
  flip(flip: Flip): void
  /** It looks at a move anew: deaths are reported again. */
  started(): void
  /** The move after one that is over; null: no more. */
  after(finish: Finish): MoveSpec | null
}

export interface Finish {
  readonly spec: MoveSpec
  readonly outcome: Outcome
  readonly epoch: number
  readonly failure: Failure | null
  readonly atMs: number
}

export class Coordinator {
  readonly process = new Process('coordinator')
  state: ConductorState
  /** The last one, when no other move comes after it. */
  finish: Finish | null = null
  readonly finishes: Finish[] = []
  readonly journal: JournalRecord[] = []
  readonly #spec: MoveSpec
  readonly #world: World
  readonly #outside: CoordinatorOutside
  #timers = 0

  constructor(world: World, spec: MoveSpec, outside: CoordinatorOutside) {
    this.#world = world
    this.#spec = spec
    this.#outside = outside
    this.state = conductorState(spec)
    this.process.onKill = () =>
      world.after(5 + world.random.next() * 300, null, () => this.#startAgain())
  }

  #startAgain(): void {
    this.process.alive = true
    this.#world.log('coordinator started again')
    const record = this.journal.at(-1)
    this.state = conductorState(record?.spec ?? this.#spec)
    this.on(record === undefined ? { on: 'begin' } : { on: 'recovered', record })
    this.#outside.started()
  }

  on(event: ConductorEvent): void {
    if (!this.process.alive) return
    const [next, actions] = conductorStep(this.state, event)
    if (next.step !== this.state.step) this.#world.log(`conductor ${next.step}`)
    this.state = plainData(next)
    for (const action of actions) {
      if (!this.#world.survives(this.process, action.do)) return
      this.#do(action)
    }
  }

  /** May come twice for a move: for a successor as well. */
  #finished(finish: Finish): void {
    if (this.finishes.at(-1)?.spec.move !== finish.spec.move) this.finishes.push(finish)
    const spec = this.#outside.after(finish)
    if (spec === null) {
      this.finish ??= finish
      return
    }
    this.#world.after(this.#world.random.next() * 50, this.process, () => {
      this.state = conductorState(spec)
      this.on({ on: 'begin' })
      this.#outside.started()
    })
  }

  #do(action: ConductorAction): void {
    switch (action.do) {
      case 'send':
        this.#outside.send(action.to, action.msg)
        return
      case 'flip':
        this.#outside.flip(action.flip)
        return
      case 'journal':
        this.journal.push(plainData(action.record))
        return
      case 'timer': {
        this.#timers += 1
        const number = this.#timers
        if (action.ms >= 0)
          this.#world.after(action.ms, this.process, () => {
            if (this.#timers === number) this.on({ on: 'timer' })
          })
        return
      }
      case 'finish': {
        const { outcome, epoch, failure } = action
        this.#world.log(`finish ${outcome} epoch ${epoch}`)
        this.#finished({ spec: this.state.spec, outcome, epoch, failure, atMs: this.#world.now })
        return
      }
      case 'progress':
    }
  }
}
