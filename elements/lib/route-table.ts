// Elements that look up routes: RadixIPLookup, LinearIPLookup, StaticIPLookup.
//
// The routes in force are those of the configuration, with what handlers have changed since. Only
// the changes are state: `changes` has a row a prefix that was set or removed by hand, and a new
// replica applies them to its own configuration. The trie is derived from both. It is made anew
// when rows came from elsewhere, which the cell `generation` tells: each change counts it up.

import { cell, table } from '../../dataplane/declare.ts'
import { type AnyElement, DROP, element } from '../../dataplane/element.ts'
import { type AddressTable, parseIp } from '../../lib/click/args.ts'
import { ROUTES_CHANGED_MAX } from '../../lib/limits.ts'
import { lengthMask, parseRoute, type Route, Routes } from './routes.ts'
import { ipnetText, ipText } from './text.ts'

/** Column `port` of a prefix that was removed. */
const REMOVED = -1

interface Plan {
  readonly routes: readonly Route[]
  readonly addresses: AddressTable
}

interface Derived {
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

interface Me {
  readonly plan: Plan
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

/** @param dynamic are there handlers that change routes? */
export function makeRouteTable(name: string, dynamic: boolean): AnyElement {
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

    configure(_config, context): Plan {
      const routes = new Map<string, Route>()
      for (const text of context.args) {
        if (text === '') continue
        const route = parseRoute(text, context.addresses, false)
        if (typeof route === 'string') context.error(route)
        else if (route.port >= context.noutputs) context.error(`'${text}': no such output`)
        else {
          const prefix = ipnetText(route.addr, lengthMask(route.length))
          if (routes.has(prefix)) context.warning(`'${text}': replaces an earlier route`)
          routes.set(prefix, route)
        }
      }
      return { routes: [...routes.values()], addresses: context.addresses }
    },

    open: (self): Derived => derive(self),

    route(self, p) {
      const derived = self.resource
      if (derived.generation !== self.state.generation.changes) derive(self, derived)
      const { routes } = derived
      const found = routes.lookup(p.dst)
      if (found < 0) {
        self.counters.no_route++
        return DROP
      }
      const gw = routes.gateways[found]!
      if (gw !== 0) p.dst = gw
      return routes.ports[found]!
    },

    handlers: {
      table: {
        read(self: Me) {
          refresh(self)
          return self.resource.routes.text()
        },
      },
      lookup: { read: (self: Me, arg) => lookupText(self, arg) },
      ...(dynamic ? changing : {}),
    },
  })
}

/** Makes the routes in force anew. */
function derive(self: Omit<Me, 'resource'>, into?: Derived): Derived {
  const derived = into ?? { routes: new Routes(), generation: 0 }
  const { routes } = derived
  routes.clear()
  for (const route of self.plan.routes) routes.set(route)
  self.state.changes.each(({ addr, length, gw, port }) => {
    // An output that this version no longer has: the route is as good as none.
    if (port === REMOVED || port >= self.noutputs) routes.remove(addr, length)
    else routes.set({ addr, length, gw, port })
  })
  derived.generation = self.state.generation.changes
  return derived
}

function refresh(self: Me): void {
  if (self.resource.generation !== self.state.generation.changes) derive(self, self.resource)
}

function lookupText(self: Me, arg: string): string {
  refresh(self)
  const addr = parseIp(arg.trim(), self.plan.addresses)
  if (addr === null) throw new Error(`'${arg}' is not an IP address`)
  const { routes } = self.resource
  const route = routes.list[routes.lookup(addr)] ?? null
  if (route === null) return '-1'
  return route.gw === 0 ? String(route.port) : `${route.port} ${ipText(route.gw)}`
}

/** A change that was checked. */
interface Change {
  readonly route: Route
  readonly remove: boolean
}

/** Checks a change against the routes as they are after those before it. */
function check(self: Me, action: string, text: string): Change {
  const remove = action === 'remove'
  const route = parseRoute(text, self.plan.addresses, remove)
  if (typeof route === 'string') throw new Error(route)
  if (route.port >= self.noutputs) throw new Error(`'${text}': no such output`)
  const prefix = ipnetText(route.addr, lengthMask(route.length))
  const known = self.resource.routes.find(route.addr, route.length)
  if (remove) {
    const same =
      known !== null && (route.port < 0 || (route.port === known.port && route.gw === known.gw))
    if (!same) throw new Error(`no route for ${prefix} to remove`)
  } else if (action === 'add' && known !== null) throw new Error(`a route for ${prefix} exists`)
  return { route, remove }
}

function apply(self: Me, { route, remove }: Change): void {
  const row = self.state.changes.insert(-1, route.addr, route.length)
  if (row === null) throw new Error(`more than ${ROUTES_CHANGED_MAX} routes were changed`)
  row.gw = route.gw
  row.port = remove ? REMOVED : route.port
  if (remove) self.resource.routes.remove(route.addr, route.length)
  else self.resource.routes.set(route)
  self.resource.generation = ++self.state.generation.changes
}

/** All lines or none: where one is wrong, those before it are taken back. */
function control(self: Me, text: string): void {
  const undo: Change[] = []
  for (const line of text.split('\n')) {
    const [action, ...rest] = line.trim().split(/\s+/)
    if (action === '') continue
    try {
      if (action !== 'add' && action !== 'set' && action !== 'remove')
        throw new Error(`'${line}': expected 'add', 'set' or 'remove' and a route`)
      const change = check(self, action, rest.join(' '))
      const { addr, length } = change.route
      const known = self.resource.routes.find(addr, length)
      apply(self, change)
      undo.push({ route: known ?? change.route, remove: known === null })
    } catch (error) {
      for (const change of undo.reverse()) apply(self, change)
      throw error
    }
  }
}

function one(action: string): { write(self: Me, value: string): void } {
  return {
    write(self, value) {
      refresh(self)
      apply(self, check(self, action, value.trim()))
    },
  }
}

const changing = {
  add: one('add'),
  set: one('set'),
  remove: one('remove'),
  ctrl: {
    write(self: Me, value: string) {
      refresh(self)
      control(self, value)
    },
  },
  flush: {
    button: true,
    write(self: Me) {
      refresh(self)
      for (const route of self.resource.routes.list)
        if (route !== null) apply(self, { route, remove: true })
    },
  },
}
