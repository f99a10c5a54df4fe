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
import { RowTransfer } from './hand-over-rows.ts'
import { freezeSelf } from './instance.ts'
import type { Router } from './router.ts'
import type { Instance, Running } from './running.ts'
import { type StateSchema, stateId } from './schema.ts'
import type { StateEntry, StateStore } from './state.ts'
import { type PlanEntry, planTransfer } from './state-plan.ts'
import { isShareable, memoryOf, release, share } from './state-share.ts'
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
  #entries: readonly PlanEntry[] = []
  #transfer: RowTransfer | null = null

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
        made: (instances: readonly Instance[]) => this.#planState(instances),
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
      yield* this.#copyRows()
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
    return this.swap()
  }

  /** In place of `swap`: nobody wants it any more. */
  abandon(): void {
    this.#transfer?.abandon()
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

  /** What state goes where; refused where a rule of moves says so. */
  #planState(instances: readonly Instance[]): void {
    const { kind } = this.#options
    const heirs = instances.filter((i) => i.entry !== 'stays' && i.old !== null)
    const own = heirs.flatMap((heir) => this.#planOwn(heir))
    // Of a version, what carries on takes its `local` state besides.
    this.#entries =
      kind === 'version'
        ? [...this.#planMove(instances), ...own.filter((e) => e.from.scope === 'local')]
        : own
  }

  #planMove(instances: readonly Instance[]): PlanEntry[] {
    const { store, router } = this.#side
    const from = store.schemas()
    const { map = {}, discard = [] } = this.#options
    const sizes = Object.fromEntries(store.sizes().map((s) => [stateId(s), s.size]))
    const result = planTransfer(from, this.#store.schemas(), { map, discard, sizes })
    if (!result.ok)
      throw new ClickUpError(
        'INCOMPATIBLE',
        'the new version cannot take the state of the running one',
        'nothing has changed; see --map and --discard',
        result.findings,
      )
    const settled = instances.filter((i) => i.entry !== 'anew')
    const was = new Map(settled.map((i) => [i.name, i.old!.name]))
    const cannot = (name: string) => {
      throw new NotStaying(router.byName.get(name)!)
    }
    for (const name of was.values()) {
      const given = (s: StateSchema) => s.element === name && discard.includes(stateId(s))
      if (discard.includes(name) || from.some(given)) cannot(name)
    }
    // State of another element is to go there.
    for (const { from, to } of result.plan.entries) {
      const old = was.get(to.element)
      if (old !== undefined && old !== from.element) cannot(old)
    }
    const stays = new Set(settled.filter((i) => i.entry === 'stays').map((i) => i.name))
    return result.plan.entries.filter((e) => !stays.has(e.to.element))
  }

  /** By name, as Click has it: what an instance that carries on, or starts anew, takes of its own. */
  #planOwn(heir: Instance): PlanEntry[] {
    const old = heir.old!
    const to = this.#store.schemas()
    const map = { [old.name]: heir.name }
    const options = { local: heir.entry === 'carries', map }
    return this.#side.store
      .schemas()
      .filter((s) => s.element === old.name)
      .flatMap((schema) => {
        const result = planTransfer([schema], to, options)
        return result.ok ? result.plan.entries : []
      })
  }

  /** Rows that must be converted, while packets go on: what changes meanwhile goes again. */
  *#copyRows(): Generator<void, void> {
    const { store } = this.#side
    const rest = this.#entries.filter((e) => !this.#isShared(e))
    if (rest.length === 0) return
    this.#transfer = new RowTransfer(store, this.#store, this.#side.time, rest)
    yield* this.#transfer.steps()
  }

  #isShared(e: PlanEntry): boolean {
    const old = this.#side.store.need(e.from)
    if (this.#options.kind === 'config' && old.kind === 'packets')
      // Click's: what finds no room in the new configuration is lost.
      return old.fifo.length <= e.to.capacity && this.#options.bySnapshot !== true
    return this.#options.bySnapshot !== true && isShareable(e, old)
  }

  // ---- The swap ---------------------------------------------------------------------------------

  /** Between two turns. The new configuration is at work afterwards. */
  swap(): HandedOver {
    const { router, store } = this.#side
    const before = router.running
    const next = this.#run
    const states = store.entries()
    const moved = this.#moveState()
    const heirs = new Int32Array(before.instances.length).fill(-1)
    for (const i of next.instances) if (i.entry !== 'anew') heirs[i.old!.index] = i.index
    store.become(this.#store)
    router.become(next)
    for (const i of next.instances) this.#settle(i)
    next.takeOver(before, heirs, this.#options.kind === 'copy')
    next.receivers = receiversOf(next.instances, router)
    if (this.#options.kind === 'version' && before.active) router.activate()
    this.#retire(before, heirs, states)
    const count = (entry: Instance['entry']) =>
      next.instances.filter((i) => i.entry === entry).length
    const { functions, reused } = next.compiled
    return {
      elements: { stayed: count('stays'), carried: count('carries'), anew: count('anew') },
      functions: { kept: reused, made: functions.size - reused },
      ...moved,
    }
  }

  #moveState(): Pick<HandedOver, 'rows' | 'deltas' | 'packets' | 'lost'> {
    const { store } = this.#side
    for (const heir of this.#run.instances) if (heir.entry === 'carries') keepBounds(heir)
    const held = this.#entries.map((e) => heldBy(store, e.from))
    this.#transfer?.finish()
    let byReference = 0
    let packets = 0
    for (const [k, e] of this.#entries.entries()) {
      if (e.from.kind === 'packets') packets += held[k]!
      if (this.#transfer?.has(e) === true) continue
      const old = store.need(e.from)
      this.#store.replace(share(this.#store.need(e.to), old))
      if (old.kind !== 'packets') byReference += held[k]!
    }
    const lost = this.#entries.flatMap((e, k) => {
      const where = this.#run.byName.get(e.to.element)?.where ?? ''
      return lossOf(e, where, held[k]!, heldBy(this.#store, e.to))
    })
    for (const i of this.#run.instances) {
      if (i.entry !== 'stays') continue
      for (const s of this.#store.entriesOf(i.name))
        if (s.kind === 'packets') packets += s.fifo.length
        else byReference += s.rows.size
    }
    const converted = this.#transfer?.rows ?? 0
    const deltas = this.#transfer?.deltas ?? 0
    return { rows: { byReference, converted }, deltas, packets, lost }
  }

  #settle(i: Instance): void {
    const { self, spec, seat, old } = i
    if (i.entry === 'stays') {
      const { out, in: input } = this.#run.compiled
      seat.run = this.#run
      seat.index = i.index
      seat.name = i.name
      // What has not changed is not written: the JIT compiler's code may rely on it.
      connect(self.out as unknown[], out[i.index]!)
      connect(self.in as unknown[], input[i.index]!)
    } else {
      if (i.entry === 'carries') {
        Object.assign(self.counters, old!.self.counters)
        self.resource = spec.adopt === undefined ? old!.self.resource : spec.adopt(self, old!.self)
        freezeSelf(self, spec)
      }
      Object.freeze(self.state)
    }
    i.old = null
  }

  /** Whoever still calls an instance that is gone kept a reference: that shows, not a lost change. */
  #retire(before: Running, heirs: Int32Array, states: readonly StateEntry[]): void {
    const { router, store } = this.#side
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
    const names = new Set(gone.map((i) => i.name))
    const shared = new Set(store.entries().map(memoryOf))
    for (const s of states)
      if (names.has(s.schema.element) && !shared.has(memoryOf(s))) release(s, router.pool)
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

/** Rows or packets held. */
function heldBy(store: StateStore, schema: StateSchema): number {
  const entry = store.need(schema)
  return entry.kind === 'packets' ? entry.fifo.length : entry.rows.size
}

/** In Click's words. */
function lossOf({ to }: PlanEntry, where: string, had: number, has: number): string[] {
  if (had <= has) return []
  const what = to.kind === 'packets' ? 'packets' : 'rows'
  const { element, className, capacity } = to
  return [
    `${where}: While hot-swapping state into '${element} :: ${className}':\n` +
      `  warning: some ${what} lost (old length ${had}, new capacity ${capacity})`,
  ]
}
