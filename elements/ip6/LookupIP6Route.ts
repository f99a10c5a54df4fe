/*
=c

LookupIP6Route(ADDR1/MASK1 [GW1] OUT1, ADDR2/MASK2 [GW2] OUT2, ...)

=s ip6

simple IP6 routing table

=d

Takes IPv6 packets with their destination address annotation set. The longest prefix that the address
matches says the output; where that route has a gateway, the annotation is set to it. A packet
without a route is dropped, and counted in C<no_route>.

Each argument is a route: prefix, gateway if there is one (zero is none), output. The routes are
looked through one by one, so this is for short tables.

Routes that handlers change are state of scope shared: a new replica, and a new version, applies the
changes to the routes that it is configured with.

=h table read-only

Returns the routes in force, one a line.

=h add write-only

Adds a route: "ADDR/MASK [GW] OUT". It replaces one of the same prefix.

=h remove write-only

Removes a route: "ADDR/MASK".

=h ctrl write-only

Adds or removes a route: "add ADDR/MASK [GW] OUT" or "remove ADDR/MASK".

=h no_route read-only

Returns the number of packets dropped for want of a route.

=e

  ... -> GetIP6Address(24) -> rt;
  rt :: LookupIP6Route(3ffe:1ce1:2::2/128 0, 3ffe:1ce1:2::/48 1, ::/0 3ffe:1ce1:2::1 1);

=a GetIP6Address, RadixIPLookup
*/

import { cell, table } from '../../dataplane/declare.ts'
import { DROP, element } from '../../dataplane/element.ts'
import type { AddressTable } from '../../lib/click/args.ts'
import { ROUTES_CHANGED_MAX } from '../../lib/limits.ts'
import { readIp, writeIp } from '../lib/arp.ts'
import { ADDRESS, dst6, maskAddress, parsePrefix6, setDst6 } from '../lib/ip6.ts'
import { hasGateway, parseRoute6, type Route6, Routes6 } from '../lib/routes6.ts'

/** Column `port` of a prefix that was removed. */
const REMOVED = -1

const KEY = { a0: 'i32', a1: 'i32', a2: 'i32', a3: 'i32', length: 'u8' } as const
/** `order`: the generation of the change, since later ones come later in the table. */
const ROW = { g0: 'i32', g1: 'i32', g2: 'i32', g3: 'i32', port: 'i32', order: 'u32' } as const

interface ChangeRow {
  readonly a0: number
  readonly a1: number
  readonly a2: number
  readonly a3: number
  readonly length: number
  g0: number
  g1: number
  g2: number
  g3: number
  port: number
  order: number
}

/** The lookup structure, made anew when rows came from elsewhere. */
interface Derived {
  readonly routes: Routes6
  readonly address: Uint8Array
  generation: number
}

interface Me {
  readonly plan: { readonly routes: readonly Route6[]; readonly addresses: AddressTable }
  readonly noutputs: number
  readonly resource: Derived
  readonly state: {
    readonly changes: {
      insert(b: number, ...key: number[]): ChangeRow | null
      each(visit: (row: ChangeRow) => void): void
    }
    readonly generation: { changes: number }
  }
}

export default element({
  name: 'LookupIP6Route',
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
      key: KEY,
      row: ROW,
      capacity: ROUTES_CHANGED_MAX,
    }),
    generation: cell({ version: 1, scope: 'shared', merge: 'max', row: { changes: 'u32' } }),
  },

  configure(_config, context): Me['plan'] {
    const routes: Route6[] = []
    context.args.forEach((text, i) => {
      if (text === '') return
      const route = parseRoute6(text, context.addresses)
      if (route === null) context.error(`argument ${i + 1} should be DADDR/MASK [GW] OUTPUT`)
      else routes.push(route)
    })
    const most = Math.max(-1, ...routes.map((r) => r.port))
    if (context.args.every((text) => text === '')) context.warning('no routes')
    if (most >= context.noutputs) context.error(`need ${most + 1} or more output ports`)
    return { routes, addresses: context.addresses }
  },

  open: (self): Derived => derive(self),

  adopt: (self): Derived => derive(self),

  route(self, p) {
    const derived = fresh(self)
    const { address } = derived
    dst6(p, address, 0)
    const route = derived.routes.lookup(address, 0)
    if (route === null) {
      self.counters.no_route++
      return DROP
    }
    if (hasGateway(route)) setDst6(p, route.gw, 0)
    return route.port
  },

  handlers: {
    table: { raw: true, read: (self) => fresh(self).routes.text() },
    add: { write: (self, value) => add(self, value) },
    remove: { write: (self, value) => remove(self, value) },
    ctrl: {
      write(self, value) {
        const [, word, rest = ''] = /^\s*(\S*)\s*(.*)$/s.exec(value)!
        if (word === 'add') add(self, rest)
        else if (word === 'remove') remove(self, rest)
        else throw new Error("bad command, should be `add' or `remove'")
      },
    },
  },
})

/** The routes in force. */
function derive(self: Omit<Me, 'resource'>): Derived {
  const routes = new Routes6()
  for (const route of self.plan.routes) routes.set(route)
  const changes: (Route6 & { order: number })[] = []
  self.state.changes.each((row) => {
    const addr = bytesOf(row.a0, row.a1, row.a2, row.a3)
    const gw = bytesOf(row.g0, row.g1, row.g2, row.g3)
    changes.push({ addr, length: row.length, gw, port: row.port, order: row.order })
  })
  for (const { addr, length, gw, port } of changes.sort((a, b) => a.order - b.order)) {
    // An output that this version no longer has: the route is as good as none.
    if (port === REMOVED || port >= self.noutputs) routes.remove(addr, length)
    else routes.set({ addr, length, gw, port })
  }
  return { routes, address: new Uint8Array(ADDRESS), generation: self.state.generation.changes }
}

function bytesOf(...words: number[]): Uint8Array {
  const bytes = new Uint8Array(ADDRESS)
  words.forEach((word, i) => {
    writeIp(bytes, 4 * i, word)
  })
  return bytes
}

function fresh(self: Me): Derived {
  const { resource } = self
  if (resource.generation !== self.state.generation.changes) {
    resource.routes.clear()
    for (const route of derive(self).routes.list) if (route !== null) resource.routes.set(route)
    resource.generation = self.state.generation.changes
  }
  return resource
}

function add(self: Me, text: string): void {
  const route = parseRoute6(text, self.plan.addresses)
  if (route === null) throw new Error(`'${text}' should be DADDR/MASK [GW] OUTPUT`)
  if (route.port >= self.noutputs) throw new Error('output port out of range')
  change(self, route, route.port)
  self.resource.routes.set(route)
}

function remove(self: Me, text: string): void {
  const prefix = parsePrefix6(text.trim(), self.plan.addresses)
  if (prefix === null) throw new Error('PREFIX: parse error')
  const { length } = prefix
  const addr = maskAddress(prefix.addr, length)
  change(self, { addr, length, gw: new Uint8Array(ADDRESS), port: 0 }, REMOVED)
  self.resource.routes.remove(addr, length)
}

/** Records a change that a handler makes. */
function change(self: Me, { addr, length, gw }: Route6, port: number): void {
  fresh(self)
  const word = (bytes: Uint8Array, i: number) => readIp(bytes, 4 * i)
  const key = [0, 1, 2, 3].map((i) => word(addr, i))
  const row = self.state.changes.insert(-1, ...key, length)
  if (row === null) throw new Error(`more than ${ROUTES_CHANGED_MAX} routes were changed`)
  row.g0 = word(gw, 0)
  row.g1 = word(gw, 1)
  row.g2 = word(gw, 2)
  row.g3 = word(gw, 3)
  row.port = port
  row.order = ++self.state.generation.changes
  self.resource.generation = row.order
}
