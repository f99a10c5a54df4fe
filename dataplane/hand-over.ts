// Hand-over inside one process: a router takes the place of another between two turns, so that no
// packet is on its way. Two uses:
//
//   a new configuration (`hotconfig`)   instances of the same name and class take declared state;
//                                       those that say so (`carries`) carry on as a whole
//   a copy of itself (`--chaos-upgrade`) every instance carries on
//
// An instance that carries on is not opened and initialised: all its state (`local` too), counters,
// task and timer come over, and its resource, through `adopt` where it has one. One that starts anew
// takes what a move between replicas would bring it. State goes through the same snapshot, chunks
// and loading as a move's; the old router is of no use afterwards.

import { CHUNK_BYTES } from '../lib/limits.ts'
import type { PacketFifo } from './declare.ts'
import { Fifo } from './fifo.ts'
import { freezeSelf } from './instance.ts'
import type { Instance, Router } from './router.ts'
import type { StateSchema } from './schema.ts'
import type { StateStore } from './state.ts'
import { type PlanEntry, planTransfer, type TransferPlan } from './state-plan.ts'
import { SnapshotSource } from './state-source.ts'
import { SnapshotTarget } from './state-target.ts'

export interface Side {
  readonly router: Router
  readonly store: StateStore
  /** What the store's clock reads. */
  readonly time: { nowMs: number }
}

/**
 * @param copy the new router is a copy of the old
 * @returns what could not be taken over, for people
 */
export function handOver(old: Side, next: Side, copy: boolean): string[] {
  const heirs = new Int32Array(old.router.instances.length).fill(-1)
  for (const instance of next.router.instances)
    if (instance.old !== null && instance.carriesOn) heirs[instance.old.index] = instance.index
  for (const instance of next.router.instances) if (instance.carriesOn) keepBounds(instance)
  const lost = moveState(old, next)
  for (const instance of next.router.instances) if (instance.carriesOn) carryOn(instance)
  next.router.takeOver(old.router, heirs, copy)
  for (const instance of next.router.instances) instance.old = null
  old.router.retire()
  old.router.close((instance) => heirs[instance.index]! >= 0)
  return lost
}

function carryOn({ spec, self, old }: Instance): void {
  Object.assign(self.counters, old!.self.counters)
  self.resource = spec.adopt === undefined ? old!.self.resource : spec.adopt(self, old!.self)
  freezeSelf(self, spec)
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

function moveState(old: Side, next: Side): string[] {
  // Both read the same clock: times travel unchanged where it stands at 0.
  const nowMs = old.time.nowMs
  old.time.nowMs = 0
  next.time.nowMs = 0
  try {
    const plan = planOf(old, next)
    const everything = new Uint8Array(old.store.buckets).fill(1)
    const held = plan.entries.map((e) => heldBy(old.store, e.from))
    const source = new SnapshotSource(old.store, plan, everything, { retire: true })
    const target = new SnapshotTarget(next.store, plan)
    for (let c = source.finish(CHUNK_BYTES); c !== null; c = source.finish(CHUNK_BYTES)) {
      source.releaseSent() // the pool is shared, and may have no other frames
      target.apply(c)
    }
    source.releaseSent()
    target.commit()
    return plan.entries.flatMap((e, k) => {
      const where = next.router.byName.get(e.to.element)?.where ?? ''
      return lossOf(e, where, held[k]!, heldBy(next.store, e.to))
    })
  } finally {
    old.time.nowMs = nowMs
    next.time.nowMs = nowMs
  }
}

/** Of each state that somebody takes: what does not fit any more is left behind. */
function planOf(old: Side, next: Side): TransferPlan {
  const entries: PlanEntry[] = []
  const to = next.store.schemas()
  for (const schema of old.store.schemas()) {
    const heir = next.router.byName.get(schema.element)
    if (heir === undefined || heir.old === null) continue
    // As Click has it, by name, the numbers of unnamed elements included.
    const map = { [schema.element]: heir.name }
    const result = planTransfer([schema], to, { local: heir.carriesOn, map })
    if (result.ok) entries.push(...result.plan.entries)
  }
  return { entries, discarded: [] }
}

/** Rows or packets held. */
function heldBy(store: StateStore, schema: StateSchema): number {
  const entry = store.entry(schema.element, schema.state)
  if (entry === null) return 0
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
