// The capacity of rewriters: how many mappings there may be, alone or together with others, and
// which one goes for a new one. A mapping whose guarantee is over may be displaced; of these, the
// one that would time out first.

import { NAT_EVICT_AT_ONCE, NAT_EVICT_EXACT, NAT_EVICT_ROWS } from '../../lib/limits.ts'
import {
  expiryOf,
  type FlowRow,
  guaranteedUntil,
  guaranteeOf,
  isMain,
  membersOf,
  type Rewriter,
  removeMapping,
  rootOf,
} from './rewriter-flows.ts'
import { TCP } from './rewriter-packet.ts'

/** Joins those that share a capacity; once, when all elements are open. */
export function joinCapacity(self: Rewriter & { plan: { readonly sharedWith: string } }): void {
  let root = self
  const passed = new Set([self])
  while (root.plan.sharedWith !== '') {
    root = self.router.element(root.plan.sharedWith)
    if (passed.has(root)) break // two that point at each other: the first asked is the root
    passed.add(root)
  }
  self.resource.root = root.name
  root.resource.members.push(self.name)
}

export function capacityOf(self: Rewriter): number {
  return rootOf(self).state.limits.mappings
}

/** Rows of all that share the capacity; two a mapping. */
function rowsOf(root: Rewriter): number {
  let rows = 0
  for (const { state } of membersOf(root)) rows += state.flows.size
  return rows
}

/**
 * Makes room for one mapping more. At capacity the mapping goes that would time out first, of some
 * that are looked at and have no guarantee. The new one counts among them where its protocol has
 * no guarantee: false, it is not made.
 */
export function makeRoom(self: Rewriter, proto: number): boolean {
  const root = rootOf(self)
  const most = root.state.limits.mappings * 2
  if (rowsOf(root) + 2 <= most) return true
  const { plan, router } = self
  const firstMs = proto === TCP ? plan.tcpNoDataMs : plan.udpMs
  const before = guaranteeOf(plan, proto) === 0 ? router.nowMs + firstMs : Number.POSITIVE_INFINITY
  // Two go for each that comes, so that a table that is over a lower capacity shrinks.
  if (rowsOf(root) > most && !evict(root, before, false)) return false
  return evict(root, before, false) && rowsOf(root) + 2 <= most
}

/** Removes mappings of tables that are over their capacity, whatever their guarantee; bounded. */
export function shrink(self: Rewriter): void {
  const root = rootOf(self)
  for (let n = 0; n < NAT_EVICT_AT_ONCE && rowsOf(root) > root.state.limits.mappings * 2; n++)
    if (!evict(root, Number.POSITIVE_INFINITY, true)) return
}

interface Victim {
  readonly owner: Rewriter
  readonly key: readonly [number, number, number, number]
}

/**
 * Removes the mapping that times out first of those looked at, if that is until `before`.
 * `force`: where all have a guarantee, the one whose guarantee ends first.
 */
function evict(root: Rewriter, before: number, force: boolean): boolean {
  // Where many rows are gone already, few places have one: those who must find one look further.
  const places = force ? NAT_EVICT_ROWS * 16 : NAT_EVICT_ROWS
  const victim =
    findVictim(root, before, places, false) ??
    (force ? findVictim(root, before, places, true) : null)
  const row = victim === null ? null : victim.owner.state.flows.get(...victim.key)
  if (victim === null || row === null) return false
  removeMapping(victim.owner, row)
  return true
}

/** Of two that end together the same one goes, in whatever order a table has them. */
function isBefore(a: Victim['key'], b: Victim['key']): boolean {
  const at = a.findIndex((value, i) => value !== b[i])
  return at >= 0 && a[at]! < b[at]!
}

function findVictim(
  root: Rewriter,
  before: number,
  places: number,
  guaranteed: boolean,
): Victim | null {
  let first = Number.POSITIVE_INFINITY
  let found = null as Victim | null
  const exact = rowsOf(root) <= NAT_EVICT_EXACT
  for (const owner of membersOf(root)) {
    const now = owner.router.nowMs
    const visit = (row: FlowRow) => {
      if (!isMain(row)) return
      const until = guaranteedUntil(owner, row)
      if (until > now !== guaranteed) return
      const ends = guaranteed ? until : expiryOf(owner, row)
      if (ends > first || ends > before) return
      const key = [row.saddr, row.daddr, row.ports, row.proto] as const
      if (ends === first && found !== null && !isBefore(key, found.key)) return
      first = ends
      found = { owner, key }
    }
    const { flows } = owner.state
    if (exact) flows.each(visit)
    else flows.some(owner.router.random(), places, visit)
  }
  return found
}
