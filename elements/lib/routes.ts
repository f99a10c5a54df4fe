// Routes by prefix, in columns, and the trie that finds them. Derived from configuration and state.

import { NextHops } from './next-hops.ts'
import { PrefixIndex } from './prefix-index.ts'
import { NO_ROUTE, PrefixTrie } from './prefix-trie.ts'
import { lengthMask, type Route } from './route-text.ts'

/** Where a route goes that is new, or set anew; tables are printed by place. */
export type PlaceRule = 'keep' | 'move'

/** Routes in columns, by place. */
export class RouteList {
  addrs = new Int32Array(16)
  lengths = new Uint8Array(16)
  gws = new Int32Array(16)
  ports = new Int32Array(16)
  /** Numbers of next hops: filled in by the table that has the list. */
  hops = new Int32Array(16)
  /** Places in use, holes included. */
  count = 0
  readonly index: PrefixIndex

  constructor(from?: RouteList) {
    if (from !== undefined) {
      this.addrs = from.addrs.slice()
      this.lengths = from.lengths.slice()
      this.gws = from.gws.slice()
      this.ports = from.ports.slice()
      this.hops = new Int32Array(from.addrs.length)
      this.count = from.count
    }
    this.index = new PrefixIndex(this, from?.index)
  }

  get(place: number): Route {
    return {
      addr: this.addrs[place]!,
      length: this.lengths[place]!,
      gw: this.gws[place]!,
      port: this.ports[place]!,
    }
  }

  /** Writes a route that is not in the list yet. */
  put(place: number, addr: number, length: number, gw: number, port: number): void {
    if (place >= this.addrs.length) this.#grow()
    this.addrs[place] = addr
    this.lengths[place] = length
    this.gws[place] = gw
    this.ports[place] = port
    if (place >= this.count) this.count = place + 1
    this.index.add(place)
  }

  #grow(): void {
    const length = this.addrs.length * 4
    this.addrs = into(new Int32Array(length), this.addrs)
    this.lengths = into(new Uint8Array(length), this.lengths)
    this.gws = into(new Int32Array(length), this.gws)
    this.ports = into(new Int32Array(length), this.ports)
    this.hops = into(new Int32Array(length), this.hops)
  }
}

function into<T extends { set(from: T): void }>(larger: T, old: T): T {
  larger.set(old)
  return larger
}

export class Routes {
  readonly #free: number[] = []
  readonly #rule: PlaceRule
  #list = new RouteList()
  readonly #trie = new PrefixTrie(this.#list)
  /** Routes by length of their prefix. */
  readonly #ofLength = new Int32Array(33)
  /** What numbers that `lookup` returns stand for. */
  readonly next = new NextHops()

  constructor(rule: PlaceRule = 'keep') {
    this.#rule = rule
  }

  get size(): number {
    return this.#list.index.size
  }

  /** Number of the next hop for an address; -1: no route. */
  lookup(addr: number): number {
    return this.#trie.lookup(addr)
  }

  find(addr: number, length: number): Route | null {
    const place = this.#list.index.find(addr, length)
    return place < 0 ? null : this.#list.get(place)
  }

  /** Takes a list without holes, in place of all that there was. */
  load(from: RouteList): void {
    this.clear()
    const list = new RouteList(from)
    const { lengths, gws, ports, hops, count } = list
    for (let i = 0; i < count; i++) {
      hops[i] = this.next.take(gws[i]!, ports[i]!)
      this.#ofLength[lengths[i]!]!++
    }
    this.#list = list
    this.#trie.load(list, count)
  }

  set({ addr, length, gw, port }: Route): void {
    const list = this.#list
    const known = list.index.find(addr, length)
    if (known >= 0 && this.#rule === 'keep') {
      list.gws[known] = gw
      list.ports[known] = port
      this.next.release(list.hops[known]!)
      list.hops[known] = this.next.take(gw, port)
      this.#trie.set(known, true)
      return
    }
    const place = this.#newPlace()
    if (known >= 0) this.remove(addr, length)
    list.put(place, addr, length, gw, port)
    list.hops[place] = this.next.take(gw, port)
    this.#ofLength[length]!++
    this.#trie.set(place, false)
  }

  remove(addr: number, length: number): Route | null {
    const { index, hops, lengths } = this.#list
    const place = index.find(addr, length)
    if (place < 0) return null
    const route = this.#list.get(place)
    index.remove(place)
    this.#ofLength[lengths[place]!]!--
    this.#free.push(place)
    const shorter = this.#shorter(addr, length)
    if (shorter < 0) this.#trie.remove(place, NO_ROUTE, -1)
    else this.#trie.remove(place, hops[shorter]!, lengths[shorter]!)
    this.next.release(hops[place]!)
    return route
  }

  /** Place of the next shorter prefix that covers one; -1: none does. */
  #shorter(addr: number, length: number): number {
    for (let l = length - 1; l >= 0; l--) {
      if (this.#ofLength[l] === 0) continue
      const place = this.#list.index.find(addr & lengthMask(l), l)
      if (place >= 0) return place
    }
    return -1
  }

  clear(): void {
    this.#list = new RouteList()
    this.#trie.load(this.#list, 0)
    this.#free.length = 0
    this.#ofLength.fill(0)
    this.next.clear()
  }

  /** All routes, by place. */
  all(): Route[] {
    const holes = new Set(this.#free)
    const routes: Route[] = []
    for (let i = 0; i < this.#list.count; i++) if (!holes.has(i)) routes.push(this.#list.get(i))
    return routes
  }

  /** The place that was freed last, or the first that is free, or one at the end. */
  #newPlace(): number {
    if (this.#free.length === 0) return this.#list.count
    if (this.#rule === 'move') return this.#free.pop()!
    const first = Math.min(...this.#free.slice(-FREE_LOOKED_AT))
    this.#free.splice(this.#free.lastIndexOf(first), 1)
    return first
  }
}

/** Free places that are compared: the order of a table is not worth more. */
const FREE_LOOKED_AT = 64
