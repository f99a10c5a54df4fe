// The coordinator: runs the conductor, keeps the journal, and starts again after a crash, from the
// journal's last record. A record takes time to become durable, and what comes meanwhile waits, as
// in coordinator/move.ts; a store that fails ends the coordinator. Replies that were under way may
// reach the new one.

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
import type { Scenario } from './scenario.ts'
import { LATE_MS, Process, plainData, type World } from './world.ts'

export interface CoordinatorOutside {
  send(to: string, role: 'source' | 'target', msg: ToSource | ToTarget): void
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
  readonly #scenario: Scenario
  readonly #outside: CoordinatorOutside
  #timers = 0
  #failures: number
  /** Actions that wait for a record to be durable, and events that wait for these. */
  #actions: ConductorAction[] = []
  #events: ConductorEvent[] = []
  #writing = false

  constructor(world: World, scenario: Scenario, spec: MoveSpec, outside: CoordinatorOutside) {
    this.#world = world
    this.#scenario = scenario
    this.#spec = spec
    this.#outside = outside
    this.#failures = scenario.journalFailures
    this.state = conductorState(spec)
    this.process.onKill = () => {
      this.#actions = []
      this.#events = []
      this.#writing = false
      world.after(5 + world.random.next() * 300, null, () => this.#startAgain())
    }
  }

  #startAgain(): void {
    this.process.alive = true
    this.#world.log('coordinator started again')
    const record = this.journal.at(-1)
    this.state = conductorState(record?.spec ?? this.#spec)
    this.#outside.started()
    this.on(record === undefined ? { on: 'begin' } : { on: 'recovered', record })
  }

  on(event: ConductorEvent): void {
    if (!this.process.alive) return
    this.#events.push(event)
    this.#run()
  }

  #run(): void {
    while (!this.#writing) {
      const action = this.#actions.shift()
      if (action !== undefined) {
        this.#do(action)
        continue
      }
      const event = this.#events.shift()
      if (event === undefined) return
      const [next, actions] = conductorStep(this.state, event)
      if (next.step !== this.state.step) this.#world.log(`conductor ${next.step}`)
      this.state = plainData(next)
      this.#actions.push(...actions)
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
    const world = this.#world
    switch (action.do) {
      case 'send': {
        const { spec } = this.state
        this.#outside.send(spec[action.to], action.to, action.msg)
        return
      }
      case 'flip':
        this.#outside.flip(action.flip)
        return
      case 'journal':
        this.#write(action.record)
        return
      case 'timer': {
        this.#timers += 1
        const number = this.#timers
        const fire = () => {
          if (this.#timers !== number) return
          if (world.step(this.process, 'timer') === 'late')
            world.after(LATE_MS, this.process, fire, this.process.main)
          else this.on({ on: 'timer' })
        }
        if (action.ms >= 0) world.after(action.ms, this.process, fire, this.process.main)
        return
      }
      case 'finish': {
        const { outcome, epoch, failure } = action
        world.log(`finish ${outcome} epoch ${epoch}`)
        this.#finished({ spec: this.state.spec, outcome, epoch, failure, atMs: world.now })
        return
      }
      case 'progress':
    }
  }

  #write(record: JournalRecord): void {
    const world = this.#world
    const effect = world.step(this.process, `journals ${record.decision}`)
    this.#writing = true
    const { journalMs, calmMs } = this.#scenario
    const slow = world.now < calmMs ? journalMs : 0
    const ms = world.random.next() * (0.1 + slow) + (effect === 'late' ? LATE_MS : 0)
    world.after(
      ms,
      this.process,
      () => {
        if (effect === 'lose' || (this.#failures > 0 && world.random.chance(0.5))) {
          this.#failures -= 1
          world.kill(this.process, `a record is durable (${record.decision})`)
          return
        }
        this.journal.push(plainData(record))
        world.step(this.process, `journalled ${record.decision}`)
        this.#writing = false
        this.#run()
      },
      this.process.main,
    )
  }
}
