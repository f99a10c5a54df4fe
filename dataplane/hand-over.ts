// Hand-over inside one process: another configuration takes the place of a router's between two
// turns, so that no packet is on its way. Three kinds:
//
//   copy     of itself (`--chaos-upgrade`): every instance is made anew and carries on
//   config   another configuration (`hotconfig`): as Click has it, elements start anew and take
//            declared state; those that say so (`carries`) carry on as a whole
//   version  a service's next version (`upgrade --in-place`): what has not changed stays as it is;
//            else as a move between replicas has it, with its rules for what state goes where
//
// How an element comes into the new configuration (successor-match.ts decides):
//
//   stays    the same instance: nothing of it is touched but its outputs
//   carries  a new instance for the old one: not opened, not initialised; all its state (`local`
//            too), counters, task and timer come over, and its resource, through `adopt`
//   anew     opened and initialised, then takes what a move between replicas would bring it
//
// Everything that takes time is done before, in steps between turns (`steps`): the new elements are
// made, compiled and started beside the old ones. `swap` is the last step. It cannot fail, and does
// not depend on how many rows or packets there are: state of the same shape goes by reference.

import { ClickUpError } from '../lib/errors.ts'
import { assemble, NotStaying, type Placement, receiversOf } from './assembly.ts'
import type { ConfigurationOptions } from './build.ts'
import type { PacketFifo } from './declare.ts'
import { Fifo } from './fifo.ts'
import type { Graph, GraphElement } from './graph.ts'
import { StateHandOver } from './hand-over-state.ts'
import { freezeSelf } from './instance.ts'
import type { Router } from './router.ts'
import type { Instance, Running } from './running.ts'
import type { StateStore } from './state.ts'
import { canStay, isPure, isUnchanged, namesakes, staying } from './successor-match.ts'

export type HandOverKind = 'copy' | 'config' | 'version'

/** A router with its state. */
export interface Side {
  readonly router: Router
  readonly store: StateStore
  /** What the store's clock reads. */
  readonly time: { nowMs: number }
}

export interface SuccessorOptions extends ConfigurationOptions {
  readonly kind: HandOverKind
  readonly print: (line: string) => void
  /** Of a `version`: see PlanOptions. */
  readonly map?: Readonly<Record<string, string>>
  readonly discard?: readonly string[]
  /** All state goes through a snapshot, as in a move: so that a test sees both ways. */
  readonly bySnapshot?: boolean
}

export interface HandedOver {
  readonly elements: { readonly stayed: number; readonly carried: number; readonly anew: number }
  /** Compiled functions that went on as they were, and those that were made. */
  readonly functions: { readonly kept: number; readonly made: number }
  readonly rows: { readonly byReference: number; readonly converted: number }
  /** Rows that went a second time, changed meanwhile. */
  readonly deltas: number
  readonly packets: number
  /** What found no room, for people. */
  readonly lost: readonly string[]
}

export class Successor {
  readonly #side: Side
  readonly #graph: Graph
  readonly #options: SuccessorOptions
  readonly #heirs: readonly (Instance | null)[]
  readonly #unsettled = new Set<Instance>()
  #store!: StateStore
  #run!: Running
  #state!: StateHandOver
  #before: Running | null = null

  /** @param graph of the new configuration: checked, nothing is wrong with it */
  constructor(side: Side, graph: Graph, options: SuccessorOptions) {
    this.#side = side
    this.#graph = graph
    this.#options = options
    this.#heirs = namesakes(graph, side.router.running, options.map ?? {})
  }

  /**
   * Makes everything ready, in steps of which each may be followed by a turn. Throws ClickUpError
   * (CONFIG, INCOMPATIBLE) with all findings, and then nothing has changed. After the last step
   * `swap` has to follow at once.
   */
  *steps(): Generator<void, void> {
    const { router, store } = this.#side
    for (;;) {
      this.#store = store.sibling()
      this.#state = new StateHandOver(this.#side, this.#store, this.#options)
      const place = this.#placements()
      const parts = {
        router,
        store: this.#store,
        live: store,
        print: this.#options.print,
        reconfigured: this.#options.reconfigured ?? null,
        globals: this.#options.globals ?? {},
        text: this.#options.text ?? {},
        place,
        made: (instances: readonly Instance[]) => this.#state.plan(instances),
      }
      try {
        this.#run = yield* assemble(this.#graph, parts)
        break
      } catch (error) {
        if (!(error instanceof NotStaying)) throw error
        this.#unsettled.add(error.instance)
      }
    }
    let ready = false
    try {
      yield* this.#state.copyRows()
      ready = true
    } finally {
      if (!ready) this.abandon()
    }
  }

  /** Without steps: for where no packets wait. */
  finish(): HandedOver {
    for (const _ of this.steps()) {
      // Nothing comes in between.
    }
    this.swap()
    return this.after()
  }

  /** In place of `swap`: nobody wants it any more. */
  abandon(): void {
    this.#state.abandon()
    for (const { entry, spec, self } of [...this.#run.instances].reverse())
      if (entry === 'anew') spec.close?.(self)
  }

  // ---- Before -----------------------------------------------------------------------------------

  #placements(): (e: GraphElement) => Placement {
    const { kind } = this.#options
    const unchanged = this.#graph.elements.map((e) => {
      const old = this.#heirs[e.index]!
      if (old === null || this.#unsettled.has(old) || !isUnchanged(e, old)) return null
      return old
    })
    const may = (old: Instance) => (kind === 'version' ? canStay(old.spec) : isPure(old.spec))
    const stay =
      kind === 'copy' || this.#options.bySnapshot === true
        ? new Set<Instance>()
        : staying(unchanged.map((old) => (old !== null && may(old) ? old : null)))
    return (e) => {
      const old = this.#heirs[e.index] ?? null
      if (old === null || old.spec !== e.spec) return { entry: 'anew', old: null }
      if (this.#unsettled.has(old)) return { entry: 'anew', old }
      if (stay.has(old)) return { entry: 'stays', old }
      const always =
        kind === 'copy' ||
        (kind === 'version' && old.spec.adopt !== undefined && unchanged[e.index] === old)
      return { entry: 'may carry', old, always }
    }
  }

  // ---- The swap ---------------------------------------------------------------------------------

  /** Between two turns; as little as there is to be done at once. Then the next one is at work. */
  swap(): void {
    const { router, store } = this.#side
    const before = router.running
    const next = this.#run
    this.#before = before
    for (const heir of next.instances) if (heir.entry === 'carries') keepBounds(heir)
    this.#state.move()
    const heirs = this.#heirsOf(before)
    store.become(this.#store)
    router.become(next)
    for (const i of next.instances) this.#settle(i)
    next.takeOver(before, heirs, this.#options.kind === 'copy')
    next.receivers = receiversOf(next.instances, router)
    if (this.#options.kind === 'version') this.#goOn(before)
  }

  /** What can wait until packets go on: ends those that are gone. */
  after(): HandedOver {
    const next = this.#run
    this.#retire(this.#before!)
    this.#before = null
    const count = (entry: Instance['entry']) =>
      next.instances.filter((i) => i.entry === entry).length
    const { functions, reused } = next.compiled
    return {
      elements: { stayed: count('stays'), carried: count('carries'), anew: count('anew') },
      functions: { kept: reused, made: functions.size - reused },
      ...this.#state.figures(next),
    }
  }

  /** New numbers by old ones; -1: not there any more, or started anew. */
  #heirsOf(before: Running): Int32Array {
    const heirs = new Int32Array(before.instances.length).fill(-1)
    for (const i of this.#run.instances) if (i.entry !== 'anew') heirs[i.old!.index] = i.index
    return heirs
  }

  /** A service's packets do not wait for somebody to say `activate`. */
  #goOn(before: Running): void {
    const { router } = this.#side
    this.#run.active = before.active
    for (const i of this.#run.instances) if (i.entry !== 'stays') router.notify(i)
    router.wake()
  }

  #settle(i: Instance): void {
    const { self, spec, seat } = i
    if (i.entry === 'stays') {
      const { out, in: input } = this.#run.compiled
      seat.run = this.#run
      seat.index = i.index
      seat.name = i.name
      // What has not changed is not written: the JIT compiler's code may rely on it.
      connect(self.out as unknown[], out[i.index]!)
      connect(self.in as unknown[], input[i.index]!)
    } else if (i.entry === 'carries') {
      const old = i.old!.self
      Object.assign(self.counters, old.counters)
      self.resource = spec.adopt === undefined ? old.resource : spec.adopt(self, old)
      freezeSelf(self, spec)
    }
  }

  /** Whoever still calls an instance that is gone kept a reference: that shows, not a lost change. */
  #retire(before: Running): void {
    const { router } = this.#side
    const heirs = this.#heirsOf(before)
    for (const i of this.#run.instances) i.old = null
    const there = new Set(this.#run.instances.map((i) => i.self))
    const grave = router.makeRunning(before.instances.length)
    grave.retire(stale)
    before.retire(stale)
    const gone = [...before.instances].reverse().filter((i) => !there.has(i.self))
    for (const i of gone) {
      // Not `before`: an instance that is still referred to must not keep all others.
      i.seat.run = grave
      if (heirs[i.index]! < 0) i.spec.close?.(i.self)
    }
    this.#state.release(new Set(gone.map((i) => i.name)))
  }
}

function stale(): never {
  throw new ClickUpError(
    'INTERNAL',
    'an instance was used after another had taken over from it',
    "an element's resource still refers to the old instance: its 'adopt' should replace that",
  )
}

function connect(now: unknown[], next: readonly unknown[]): void {
  for (const [k, to] of next.entries()) if (now[k] !== to) now[k] = to
}

/** Bounds that handlers may have changed, before what they bound comes. */
function keepBounds({ self, old }: Instance): void {
  for (const [name, state] of Object.entries(self.state)) {
    const from = old!.self.state[name]
    if (state instanceof Fifo && from instanceof Fifo) {
      const bounded: PacketFifo = state
      bounded.capacity = from.capacity
    }
  }
}
