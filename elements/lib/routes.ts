// Routes: their text, and a table of them with longest-prefix lookup.

import { type AddressTable, parseIp, parseIpPrefix, splitSpaces } from '../../lib/click/args.ts'
import { NO_ROUTE, PrefixTrie } from './prefix-trie.ts'
import { ipnetText, ipText, maskLength } from './text.ts'

export interface Route {
  readonly addr: number
  /** Length of the prefix. */
  readonly length: number
  /** 0: none, the destination is on the network itself. */
  readonly gw: number
  readonly port: number
}

/** Parses 'ADDR/MASK [GW] OUT'; 'ADDR/MASK' alone with `portless`. What is wrong, as text. */
export function parseRoute(
  text: string,
  addresses: AddressTable | undefined,
  portless: boolean,
): Route | string {
  const [prefix, ...rest] = splitSpaces(text)
  const net = parseIpPrefix(prefix ?? '', addresses) ?? hostOf(prefix ?? '', addresses)
  const length = net === null ? -1 : maskLength(net.mask)
  if (net === null || length < 0 || rest.length > 2)
    return `'${text}' is not a route 'ADDR/MASK [GATEWAY] OUTPUT'`
  const last = rest.at(-1)
  const port = last !== undefined && /^\d+$/.test(last) ? Number(last) : -1
  const gwText = port < 0 ? rest[0] : rest.length > 1 ? rest[0] : undefined
  const gw = gwText === undefined || gwText === '-' ? 0 : parseIp(gwText, addresses)
  if (gw === null || (port < 0 && rest.length > 1)) return `'${text}': bad gateway or output`
  if (port < 0 && !portless) return `'${text}': an output is missing`
  return { addr: net.addr & net.mask, length, gw, port }
}

function hostOf(text: string, addresses?: AddressTable): { addr: number; mask: number } | null {
  const addr = parseIp(text, addresses)
  return addr === null ? null : { addr, mask: -1 }
}

export function lengthMask(length: number): number {
  return length === 0 ? 0 : -1 << (32 - length)
}

export function routeText(route: Route): string {
  const gw = route.gw === 0 ? '-' : ipText(route.gw)
  return `${ipnetText(route.addr, lengthMask(route.length))}\t${gw}\t${route.port}\n`
}

/** Routes by prefix, and the trie that finds them. Derived from configuration and state. */
export class Routes {
  readonly #byPrefix = new Map<number, number>()
  readonly #trie = new PrefixTrie()
  readonly #free: number[] = []
  /** By the number that the trie holds. */
  readonly list: (Route | null)[] = []
  /** The same, where a lookup reads it. */
  gateways = new Int32Array(16)
  ports = new Int32Array(16)

  get size(): number {
    return this.#byPrefix.size
  }

  /** Number of the route for an address; -1: none. */
  lookup(addr: number): number {
    return this.#trie.lookup(addr)
  }

  find(addr: number, length: number): Route | null {
    const number = this.#byPrefix.get(keyOf(addr, length))
    return number === undefined ? null : (this.list[number] ?? null)
  }

  set(route: Route): void {
    const key = keyOf(route.addr, route.length)
    const known = this.#byPrefix.get(key)
    const number = known ?? this.#free.pop() ?? this.list.length
    this.#byPrefix.set(key, number)
    this.list[number] = route
    if (number >= this.ports.length) this.#grow()
    this.gateways[number] = route.gw
    this.ports[number] = route.port
    if (known === undefined) this.#trie.insert(route.addr, route.length, number)
  }

  remove(addr: number, length: number): Route | null {
    const key = keyOf(addr, length)
    const number = this.#byPrefix.get(key)
    if (number === undefined) return null
    this.#byPrefix.delete(key)
    const route = this.list[number]!
    this.list[number] = null
    this.#free.push(number)
    for (let shorter = length - 1; shorter >= 0; shorter--) {
      const next = this.#byPrefix.get(keyOf(addr & lengthMask(shorter), shorter))
      if (next === undefined) continue
      this.#trie.remove(addr, length, next, shorter)
      return route
    }
    this.#trie.remove(addr, length, NO_ROUTE, -1)
    return route
  }

  clear(): void {
    this.#byPrefix.clear()
    this.#trie.clear()
    this.#free.length = 0
    this.list.length = 0
  }

  /** Text of all routes, by address. */
  text(): string {
    const routes = this.list.filter((r) => r !== null)
    routes.sort((a, b) => (a.addr >>> 0) - (b.addr >>> 0) || a.length - b.length)
    return routes.map(routeText).join('')
  }

  #grow(): void {
    const gateways = new Int32Array(this.gateways.length * 2)
    gateways.set(this.gateways)
    const ports = new Int32Array(this.ports.length * 2)
    ports.set(this.ports)
    this.gateways = gateways
    this.ports = ports
  }
}

/** One number a prefix. */
function keyOf(addr: number, length: number): number {
  return (addr >>> 0) * 64 + length
}
