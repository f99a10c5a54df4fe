// Handlers of elements that look up routes: what they say, and how they change the table.

import type { HandlerDecl } from '../../dataplane/element.ts'
import { parseIp, takeWord, uncomment } from '../../lib/click/args.ts'
import { ROUTES_CHANGED_MAX } from '../../lib/limits.ts'
import { derive, REMOVED, type RouteElement } from './route-derive.ts'
import {
  NO_PORT,
  parseRoute,
  type Route,
  type RouteSlot,
  routeLine,
  routeText,
} from './route-text.ts'
import { ipText } from './text.ts'

type Handlers = Readonly<Record<string, HandlerDecl<RouteElement>>>

function refresh(self: RouteElement): void {
  if (self.resource.generation !== self.state.generation.changes) derive(self, self.resource)
}

export const READING: Handlers = {
  table: {
    read(self) {
      refresh(self)
      return self.resource.routes.all().map(routeLine).join('')
    },
  },
  lookup: {
    read(self, arg) {
      refresh(self)
      const addr = parseIp(arg.trim(), self.plan.addresses)
      if (addr === null) throw new Error('expected IP address')
      const { routes } = self.resource
      const found = routes.lookup(addr)
      if (found < 0) return '-1'
      const gw = routes.next.gateways[found]!
      const output = String(routes.next.outputs[found])
      return gw === 0 ? output : `${output} ${ipText(gw)}`
    },
  },
}

type Action = 'add' | 'set' | 'remove'

/** A change that was checked. */
interface Change {
  readonly route: Route
  readonly remove: boolean
}

/** Checks a change against the routes as they are after those before it. */
function check(self: RouteElement, action: Action, text: string): Change {
  const remove = action === 'remove'
  const route: RouteSlot = { addr: 0, length: 0, gw: 0, port: 0 }
  if (!parseRoute(text, self.plan.addresses, remove, route))
    throw new Error(`expected 'ADDR/MASK [GATEWAY${remove ? ' OUTPUT]' : '] OUTPUT'}'`)
  if (route.port < (remove ? NO_PORT : 0) || route.port >= self.noutputs)
    throw new Error('bad OUTPUT')
  const known = self.resource.routes.find(route.addr, route.length)
  if (action === 'add' && known !== null)
    throw new Error(`conflict with existing route '${routeText(known)}'`)
  if (!remove) return { route, remove }
  const { gw, port } = route
  if (known === null || (port !== NO_PORT && (port !== known.port || gw !== known.gw)))
    throw new Error(`route '${routeText(route)}' not found`)
  return { route, remove }
}

function apply(self: RouteElement, { route, remove }: Change): void {
  const row = self.state.changes.insert(-1, route.addr, route.length)
  if (row === null) throw new Error(`more than ${ROUTES_CHANGED_MAX} routes were changed`)
  row.gw = route.gw
  row.port = remove ? REMOVED : route.port
  if (remove) self.resource.routes.remove(route.addr, route.length)
  else self.resource.routes.set(route)
  self.resource.generation = ++self.state.generation.changes
}

/** All lines or none: where one is wrong, those before it are taken back. */
function control(self: RouteElement, text: string): void {
  const undo: Change[] = []
  for (const line of uncomment(text).split('\n')) {
    const { word, rest } = takeWord(line.trim())
    if (word === '') continue
    try {
      if (word !== 'add' && word !== 'set' && word !== 'remove')
        throw new Error(`bad command '${word}'`)
      const change = check(self, word, rest)
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

function one(action: Action): HandlerDecl<RouteElement> {
  return {
    write(self, value) {
      refresh(self)
      apply(self, check(self, action, value.trim()))
    },
  }
}

export const CHANGING: Handlers = {
  add: one('add'),
  set: one('set'),
  remove: one('remove'),
  ctrl: {
    write(self, value) {
      refresh(self)
      control(self, value)
    },
  },
}

export const FLUSH: Handlers = {
  flush: {
    button: true,
    write(self) {
      refresh(self)
      for (const route of self.resource.routes.all()) apply(self, { route, remove: true })
      // Tables are printed by place: an empty one begins anew.
      self.resource.routes.clear()
    },
  },
}
