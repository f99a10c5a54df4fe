// Names of addresses, as AddressInfo elements define them:
// `AddressInfo(server 10.0.0.1/24 0:1:2:3:4:5)`. Names of ports, as PortInfo elements define them:
// `PortInfo(ssh 22, http 80/tcp www)`.
// And names of annotations (graph-annotations.ts).
// A name holds in the compound element that it is defined in, and in those inside.

import type { AddressKind, AddressTable } from '../lib/click/arg-types.ts'
import {
  parseEth,
  parseIp,
  parseIp6,
  parseIp6Prefix,
  parseIpPrefix,
  parseU16,
  splitSpaces,
} from '../lib/click/args.ts'
import type { FlatElement } from '../lib/click/flat.ts'
import { type AnnotationNames, checkOverlaps, defineAnnotations } from './graph-annotations.ts'

/** `a/b/` of `a/b/c`; '' at the outermost level. */
export function scopeOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/') + 1)
}

/** The scopes that are seen from one, innermost first: 'a/b/', 'a/', ''. */
export function* outward(scope: string): Generator<string> {
  for (let s = scope; s !== ''; s = scopeOf(s.slice(0, -1))) yield s
  yield ''
}

type Names = Map<string, Map<AddressKind, string>>

/** All names of a graph, by scope. */
export class AddressBook {
  readonly #scopes = new Map<string, Names>()
  readonly #tables = new Map<string, AddressTable>()
  readonly #interfaces: AddressTable | null

  /** @param interfaces names that are not of the graph: those of network interfaces */
  constructor(interfaces: AddressTable | null) {
    this.#interfaces = interfaces
  }

  /** Takes the names of an AddressInfo element. */
  define(element: FlatElement, error: (message: string) => void): void {
    const scope = scopeOf(element.name)
    const table = this.tableOf(element.name)
    for (const arg of element.args) {
      const [name, ...addresses] = splitSpaces(arg)
      if (name === undefined) continue
      if (addresses.length === 0) error("expected 'NAME [ADDRS]'")
      for (const text of addresses) {
        const kinds = kindsOf(text, table)
        if (kinds.length === 0) error(`'${text}' is not a recognizable address`)
        for (const [kind, literal] of kinds) this.#set(scope, name, kind, literal)
      }
    }
  }

  /** Takes the names of a PortInfo element: 'NAME PORT[/PROTOCOL] [NAME...]', '#' begins a comment. */
  definePorts(element: FlatElement, error: (message: string) => void): void {
    const scope = scopeOf(element.name)
    for (const arg of element.args) {
      const [name, port, ...others] = splitSpaces(arg.replace(/#.*/s, ''))
      if (name === undefined) continue
      const [number, protocol] = (port ?? '').split('/')
      const known = protocol === undefined || protocol === 'tcp' || protocol === 'udp'
      if (parseU16(number!) === null || !known) {
        error(`'${arg}': expected 'NAME PORT[/PROTOCOL]', PROTOCOL tcp or udp`)
        continue
      }
      for (const each of [name, ...others]) {
        if (protocol !== 'udp') this.#set(scope, each, 'tcpport', number!)
        if (protocol !== 'tcp') this.#set(scope, each, 'udpport', number!)
      }
    }
  }

  /** Takes the names of an AnnotationInfo element. */
  defineAnnotations(element: FlatElement, error: (message: string) => void): void {
    const scope = scopeOf(element.name)
    const define = (name: string, text: string) => this.#set(scope, name, 'anno', text)
    defineAnnotations(element.args, this.#annotations(element), define, error)
  }

  checkAnnotations(element: FlatElement, error: (message: string) => void): void {
    checkOverlaps(element.args, this.#annotations(element), error)
  }

  #annotations(element: FlatElement): AnnotationNames {
    const table = this.tableOf(element.name)
    return (name) => table.lookup(name, 'anno')
  }

  #set(scope: string, name: string, kind: AddressKind, text: string): void {
    const names: Names = this.#scopes.get(scope) ?? new Map()
    this.#scopes.set(scope, names)
    const kinds = names.get(name) ?? new Map<AddressKind, string>()
    names.set(name, kinds)
    kinds.set(kind, text)
  }

  /** The names that an element sees. */
  tableOf(element: string): AddressTable {
    const scope = scopeOf(element)
    const table = this.#tables.get(scope) ?? {
      lookup: (name: string, kind: AddressKind) => this.#lookup(scope, name, kind),
    }
    this.#tables.set(scope, table)
    return table
  }

  #lookup(scope: string, name: string, kind: AddressKind): string | null {
    for (const s of outward(scope)) {
      const text = this.#scopes.get(s)?.get(name)?.get(kind)
      if (text !== undefined) return text
    }
    return this.#interfaces?.lookup(name, kind) ?? null
  }
}

/** What an address may be taken for, with the text of each. */
function kindsOf(text: string, table: AddressTable): [AddressKind, string][] {
  const kinds: [AddressKind, string][] = []
  if (parseEth(text) !== null) kinds.push(['eth', text])
  if (parseIp(text) !== null) kinds.push(['ip', text])
  const net = parseIpPrefix(text)
  if (net !== null) {
    kinds.push(['ipnet', text])
    if ((net.addr & ~net.mask) !== 0) kinds.push(['ip', text.slice(0, text.lastIndexOf('/'))])
  }
  if (parseIp6(text) !== null) kinds.push(['ip6', text])
  const net6 = parseIp6Prefix(text)
  if (net6 !== null) {
    kinds.push(['ip6net', text])
    if (hasHost(net6.addr, net6.length)) kinds.push(['ip6', text.slice(0, text.lastIndexOf('/'))])
  }
  if (kinds.length > 0) return kinds
  // A name that is known already, with or without the kind that is meant: 'server', 'server:ip'.
  const m = /^(.*):(eth|ip|ipnet|ip6|ip6net)$/.exec(text)
  const all: readonly AddressKind[] = ['eth', 'ip', 'ipnet', 'ip6', 'ip6net']
  for (const kind of m === null ? all : [m[2] as AddressKind]) {
    const found = table.lookup(m === null ? text : m[1]!, kind)
    if (found !== null) kinds.push([kind, found])
  }
  return kinds
}

/** Has the address bits outside of its prefix? */
function hasHost(addr: Uint8Array, length: number): boolean {
  return addr.some((byte, i) => {
    const bits = Math.min(8, Math.max(0, length - 8 * i))
    return (byte & (0xff >> bits)) !== 0
  })
}
