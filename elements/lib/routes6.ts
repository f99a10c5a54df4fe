// IPv6 routes: a list in the order that they were added, and the longest prefix that matches.

import { type AddressTable, parseInteger, parseIp6, splitSpaces } from '../../lib/click/args.ts'
import { ADDRESS, ip6Text, isZero6, maskAddress, parsePrefix6, samePrefix } from './ip6.ts'

export interface Route6 {
  /** Bits behind `length` are 0. */
  readonly addr: Uint8Array
  readonly length: number
  /** All zero: none. */
  readonly gw: Uint8Array
  readonly port: number
}

/** 'ADDR/MASK [GW] OUT'; null: it is not that. */
export function parseRoute6(text: string, addresses: AddressTable): Route6 | null {
  const words = splitSpaces(text)
  if (words.length !== 2 && words.length !== 3) return null
  const prefix = parsePrefix6(words[0]!, addresses)
  const gw = words.length === 3 ? parseIp6(words[1]!, addresses) : new Uint8Array(ADDRESS)
  const port = parseInteger(words.at(-1)!)
  if (prefix === null || gw === null || port === null || port < 0) return null
  return { addr: maskAddress(prefix.addr, prefix.length), length: prefix.length, gw, port }
}

export class Routes6 {
  /** Null: a route that was removed; the next one that is added takes its place. */
  readonly list: (Route6 | null)[] = []
  /** The same, longest prefix first: what a lookup goes through. */
  #sorted: Route6[] = []

  clear(): void {
    this.list.length = 0
    this.#sorted = []
  }

  /** Adds a route; it replaces one of the same prefix. */
  set(route: Route6): void {
    this.#take(route.addr, route.length)
    const hole = this.list.indexOf(null)
    if (hole >= 0) this.list[hole] = route
    else this.list.push(route)
    this.#sort()
  }

  remove(addr: Uint8Array, length: number): void {
    this.#take(addr, length)
    this.#sort()
  }

  #take(addr: Uint8Array, length: number): void {
    const at = this.list.findIndex(
      (r) => r !== null && r.length === length && samePrefix(r.addr, 0, addr, 0, length),
    )
    if (at >= 0) this.list[at] = null
  }

  #sort(): void {
    this.#sorted = this.list
      .filter((route): route is Route6 => route !== null)
      .sort((a, b) => b.length - a.length)
  }

  /** The route of the address at `at`; null: there is none. */
  lookup(m: Uint8Array, at: number): Route6 | null {
    const sorted = this.#sorted
    for (let i = 0; i < sorted.length; i++) {
      const route = sorted[i]!
      if (samePrefix(route.addr, 0, m, at, route.length)) return route
    }
    return null
  }

  /** Text of `table`. */
  text(): string {
    const lines = this.list.map((r) =>
      r === null ? '' : `${ip6Text(r.addr)}/${r.length}\t${ip6Text(r.gw)}\t${r.port}\n`,
    )
    return lines.length === 0 ? '' : `# Active routes\n${lines.join('')}`
  }
}

export function hasGateway(route: Route6): boolean {
  return !isZero6(route.gw, 0)
}
