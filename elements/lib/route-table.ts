// Elements that look up routes: RadixIPLookup, DirectIPLookup, RangeIPLookup, LinearIPLookup …
//
// The routes in force are those of the configuration, with what handlers have changed since. Only
// the changes are state: `changes` has a row a prefix that was set or removed by hand, and a new
// replica applies them to its own configuration. The trie is derived from both. It is made anew
// when rows came from elsewhere, which the cell `generation` tells: each change counts it up.

import { cell, table } from '../../dataplane/declare.ts'
import { type AnyElement, type ConfigureContext, DROP, element } from '../../dataplane/element.ts'
import { ROUTES_CHANGED_MAX } from '../../lib/limits.ts'
import { type Derived, derive, type RoutePlan } from './route-derive.ts'
import { CHANGING, FLUSH, READING } from './route-handlers.ts'
import { parseRoute, type RouteSlot } from './route-text.ts'
import { type PlaceRule, RouteList } from './routes.ts'
import { ipText } from './text.ts'

/** Packets without a route that are reported; the others are only counted. */
const REPORTS = 5

export interface RouteTableKind {
  /** Handlers that change routes. */
  readonly changing: boolean
  /** The handler `flush`. */
  readonly flush: boolean
  readonly rule: PlaceRule
  /** What a packet without a route is reported with; then comes its address. */
  readonly report: string
  /** Said when it is configured. */
  readonly warning?: string
}

export function makeRouteTable(name: string, kind: RouteTableKind): AnyElement {
  return element({
    name,
    ports: '1/-',
    processing: 'h/h',
    config: 'raw',
    counters: { no_route: 'packets dropped for want of a route' },
    local: 'the lookup structure; it follows from the configuration and the state `changes`',
    state: {
      changes: table({
        version: 1,
        scope: 'shared',
        merge: 'last_writer',
        key: { addr: 'i32', length: 'u8' },
        row: { gw: 'i32', port: 'i32' },
        capacity: ROUTES_CHANGED_MAX,
      }),
      generation: cell({ version: 1, scope: 'shared', merge: 'max', row: { changes: 'u32' } }),
    },

    configure(_config, context): RoutePlan {
      if (kind.warning !== undefined) context.warning(kind.warning)
      return { routes: configured(context), addresses: context.addresses, rule: kind.rule }
    },

    open: (self): Derived => derive(self),

    route(self, p) {
      const derived = self.resource
      if (derived.generation !== self.state.generation.changes) derive(self, derived)
      const { routes } = derived
      const found = routes.lookup(p.dst)
      if (found < 0) {
        if (++self.counters.no_route <= REPORTS)
          self.router.print(`${kind.report} ${ipText(p.dst)}`)
        return DROP
      }
      const gw = routes.next.gateways[found]!
      if (gw !== 0) p.dst = gw
      return routes.next.outputs[found]!
    },

    handlers: {
      ...READING,
      ...(kind.changing ? CHANGING : {}),
      ...(kind.flush ? FLUSH : {}),
    },
  })
}

/** The routes of the arguments. Of two for one prefix the first counts. */
function configured(context: ConfigureContext): RouteList {
  const { args, addresses, noutputs } = context
  const list = new RouteList()
  const route: RouteSlot = { addr: 0, length: 0, gw: 0, port: 0 }
  let repeated = 0
  for (let i = 0; i < args.length; i++) {
    const text = args[i]!
    if (text === '' && args.length === 1) break
    if (!parseRoute(text, addresses, false, route))
      context.error(`argument ${i + 1} should be 'ADDR/MASK [GATEWAY] OUTPUT'`)
    else if (route.port < 0 || route.port >= noutputs) context.error(`argument ${i + 1} bad OUTPUT`)
    else if (list.index.find(route.addr, route.length) >= 0) repeated++
    else list.put(list.count, route.addr, route.length, route.gw, route.port)
  }
  // Click's words, though it is the earlier ones that stay, in Click too.
  if (repeated > 0)
    context.warning(`${repeated} ${repeated > 1 ? 'routes' : 'route'} replaced by later versions`)
  return list
}
