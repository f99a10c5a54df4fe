// State in a hand-over inside one process: what goes where, what must be converted before, what goes by
// reference at the swap.

import { ClickUpError } from '../lib/errors.ts'
import { NotStaying } from './assembly.ts'
import type { HandedOver, Side, SuccessorOptions } from './hand-over.ts'
import { RowTransfer } from './hand-over-rows.ts'
import type { Instance, Running } from './running.ts'
import { type StateSchema, stateId } from './schema.ts'
import type { StateEntry, StateStore } from './state.ts'
import { type PlanEntry, planTransfer } from './state-plan.ts'
import { isShareable, memoryOf, release, share } from './state-share.ts'

export class StateHandOver {
  readonly #side: Side
  readonly #next: StateStore
  readonly #options: SuccessorOptions
  readonly #states: readonly StateEntry[]
  #entries: readonly PlanEntry[] = []
  /** By entry: rows or packets, before and after. */
  #had: readonly number[] = []
  #has: readonly number[] = []
  #transfer: RowTransfer | null = null

  /** @param next of the new elements; empty as yet */
  constructor(side: Side, next: StateStore, options: SuccessorOptions) {
    this.#side = side
    this.#next = next
    this.#options = options
    this.#states = side.store.entries()
  }

  abandon(): void {
    this.#transfer?.abandon()
  }

  /** What state goes where; refused where a rule of moves says so. */
  plan(instances: readonly Instance[]): void {
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
    const result = planTransfer(from, this.#next.schemas(), { map, discard, sizes })
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
    const to = this.#next.schemas()
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
  *copyRows(): Generator<void, void> {
    const { store } = this.#side
    const rest = this.#entries.filter((e) => !this.#isShared(e))
    if (rest.length === 0) return
    this.#transfer = new RowTransfer(store, this.#next, this.#side.time, rest)
    yield* this.#transfer.steps()
  }

  #isShared(e: PlanEntry): boolean {
    return this.#options.bySnapshot !== true && isShareable(e, this.#side.store.need(e.from))
  }

  /** At the swap. */
  move(): void {
    const { store } = this.#side
    this.#had = this.#entries.map((e) => heldBy(store, e.from))
    this.#transfer?.finish()
    for (const e of this.#entries) {
      if (this.#transfer?.has(e) === true) continue
      this.#next.replace(share(this.#next.need(e.to), store.need(e.from)))
    }
    if (this.#options.kind === 'config') this.#cut()
    this.#has = this.#entries.map((e) => heldBy(this.#next, e.to))
  }

  /** As Click has it: what finds no room in the new configuration is lost, the newest first. */
  #cut(): void {
    for (const e of this.#entries) {
      const entry = this.#next.need(e.to)
      if (entry.kind !== 'packets') continue
      const { fifo } = entry
      let kept = 0
      fifo.extract((p) => {
        if (kept++ < fifo.capacity) return false
        this.#side.router.pool.free(p)
        return true
      })
    }
  }

  /** Afterwards. */
  figures(run: Running): Pick<HandedOver, 'rows' | 'deltas' | 'packets' | 'lost'> {
    let byReference = 0
    let packets = 0
    for (const [k, e] of this.#entries.entries()) {
      if (e.from.kind === 'packets') packets += this.#had[k]!
      else if (this.#transfer?.has(e) !== true) byReference += this.#had[k]!
    }
    const stayed = new Set(run.instances.filter((i) => i.entry === 'stays').map((i) => i.name))
    for (const { schema, ...s } of this.#side.store.entries()) {
      if (!stayed.has(schema.element)) continue
      if (s.kind === 'packets') packets += s.fifo.length
      else byReference += s.rows.size
    }
    const lost = this.#entries.flatMap((e, k) => {
      const where = run.byName.get(e.to.element)?.where ?? ''
      return lossOf(e, where, this.#had[k]!, this.#has[k]!)
    })
    const converted = this.#transfer?.rows ?? 0
    return { rows: { byReference, converted }, deltas: this.#transfer?.deltas ?? 0, packets, lost }
  }

  /** Frees what elements that are gone had, and nobody has taken. */
  release(names: ReadonlySet<string>): void {
    const { store, router } = this.#side
    const taken = new Set(store.entries().map(memoryOf))
    for (const s of this.#states)
      if (names.has(s.schema.element) && !taken.has(memoryOf(s))) release(s, router.pool)
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
