// One configuration at work in a router: everything that goes when another takes its place. The
// router itself stays, with its ports, pool, clock and state store, so that whoever holds it (the
// loop, a move, an element that carries on) need not be told.

import { Chatter } from './chatter.ts'
import type { Compiled, Node, Step } from './compile.ts'
import type { AnyElement, PushFn } from './element.ts'
import { FdWatches } from './fd-watch.ts'
import type { GraphElement } from './graph.ts'
import type { Handlers } from './handlers.ts'
import type { AnySelf, Seat } from './instance.ts'
import type { Port } from './io/device.ts'
import { TaskList, TimerList } from './tasks.ts'

export interface Instance extends Node {
  readonly index: number
  readonly spec: AnyElement
  readonly self: AnySelf
  readonly seat: Seat
  /** As it was resolved, its configuration parsed. */
  made: GraphElement
  /** The configuration string, as written. */
  config: string
  readonly where: string
  /** Made once for the instance's life: what generated code calls. */
  step: Step | null
  /** What it asked of others while it started (hand-over.ts: may it stay as it is?). */
  asked: Asked
  /**
   * Of the configuration that this one takes the place of: the instance whose state it takes; null
   * afterwards.
   */
  old: Instance | null
  /**
   * How it comes into a running router: `anew` (open, initialize, declared state), `carries` (for
   * `old`, without these two), `stays`: it is `old` itself.
   */
  readonly entry: 'anew' | 'carries' | 'stays'
}

/** What an element looked at when it started: it may have drawn conclusions. */
export interface Asked {
  /** Other elements, by full name. */
  readonly elements: ReadonlySet<string>
  /** How things are connected, or which handlers there are. */
  readonly graph: boolean
}

/** A FromDevice and the port that it reads. */
export interface Receiver {
  readonly port: Port
  /** Index of the service port. */
  readonly index: number
  readonly counters: { count: number }
  push: PushFn
  /** Outputs of the element: `push` is the first, or (checked) something in front of it. */
  readonly out: readonly PushFn[]
  readonly checked: boolean
}

export interface RunningHooks {
  readonly print: (line: string) => void
  /** There is something to do, and the loop may be asleep. */
  readonly wake: () => void
}

export class Running {
  /** In the order of declaration. */
  instances: readonly Instance[] = []
  readonly byName = new Map<string, Instance>()
  receivers: readonly Receiver[] = []
  handlers!: Handlers
  compiled!: Compiled
  /** By element; the compiler's, once the graph is compiled. */
  taskFunctions: readonly (() => boolean)[] = []
  readonly tasks: TaskList
  readonly timers: TimerList
  /** Flow codes by element, where FlowInfo says another than the class. */
  flows: ReadonlyMap<string, string> = new Map()
  /** By element its task's thread: a number to be shown. */
  homeThreads: Int32Array = new Int32Array(0)
  /** By element: has said that no more fits, and that there is nothing to pull. */
  readonly full: Uint8Array
  readonly quiet: Uint8Array
  /** By element, see wakeups.ts: who is woken, what it fills, who waits for it. */
  listeners: readonly (readonly number[])[] = []
  sinks: readonly (readonly number[] | null)[] = []
  sources: readonly (readonly number[])[] = []
  readonly watches = new FdWatches()
  readonly chatter: Chatter
  active = false
  stopped = false
  /** Click's run count: the router stops when it is down to 0 and no driver script objects. */
  runCount = 1
  driverScript: string | null = null

  constructor(elements: number, hooks: RunningHooks) {
    this.chatter = new Chatter(hooks.print)
    this.tasks = new TaskList(elements, (i) => this.taskFunctions[i]!())
    this.timers = new TimerList(elements, (i) => {
      const { spec, self } = this.instances[i]!
      spec.timer!(self)
    })
    this.full = new Uint8Array(elements)
    this.quiet = new Uint8Array(elements)
    this.tasks.onWake = hooks.wake
    this.timers.onEarlier = hooks.wake
  }

  install(instances: readonly Instance[]): void {
    this.instances = instances
    for (const instance of instances) this.byName.set(instance.name, instance)
  }

  /**
   * Goes on as `old` would have: its tasks and timers, where their elements carry on or stay; with
   * `whole` (a copy of it) also whether it runs.
   * @param heirs new numbers by old ones; -1: none
   */
  takeOver(old: Running, heirs: Int32Array, whole: boolean): void {
    this.tasks.adopt(old.tasks, heirs)
    this.timers.adopt(old.timers, heirs)
    heirs.forEach((heir, i) => {
      if (heir < 0) return
      for (const of of ['full', 'quiet', 'homeThreads'] as const) this[of][heir] = old[of][i]!
    })
    if (!whole) return
    this.runCount = old.runCount
    this.tasks.interrupted = old.tasks.interrupted
    this.driverScript = old.driverScript
    this.active = old.active
    this.stopped = old.stopped
  }

  /** Whoever still schedules an element of this one hears of it. */
  retire(stale: () => never): void {
    this.active = false
    this.tasks.retire(stale)
    this.timers.retire(stale)
  }
}
