// The routes in force of an element: those of its configuration, with the changes that are its state.

import type { AddressTable } from '../../lib/click/args.ts'
import { type PlaceRule, type RouteList, Routes } from './routes.ts'

/** Column `port` of a prefix that was removed. */
export const REMOVED = -1

export interface RoutePlan {
  readonly routes: RouteList
  readonly addresses: AddressTable
  readonly rule: PlaceRule
}

export interface Derived {
  readonly routes: Routes
  /** The generation that the routes are of. */
  generation: number
}

interface ChangeRow {
  readonly addr: number
  readonly length: number
  gw: number
  port: number
}

/** What the handlers need of an element. */
export interface RouteElement {
  readonly plan: RoutePlan
  readonly noutputs: number
  readonly resource: Derived
  readonly state: {
    readonly changes: {
      insert(bucket: number, addr: number, length: number): ChangeRow | null
      each(visit: (row: ChangeRow) => void): void
    }
    readonly generation: { changes: number }
  }
}

/** Makes the routes in force anew. */
export function derive(self: Omit<RouteElement, 'resource'>, into?: Derived): Derived {
  const { plan, state } = self
  const derived = into ?? { routes: new Routes(plan.rule), generation: 0 }
  const { routes } = derived
  routes.load(plan.routes)
  state.changes.each(({ addr, length, gw, port }) => {
    // An output that this version no longer has: the route is as good as none.
    if (port === REMOVED || port >= self.noutputs) routes.remove(addr, length)
    else routes.set({ addr, length, gw, port })
  })
  derived.generation = state.generation.changes
  return derived
}
