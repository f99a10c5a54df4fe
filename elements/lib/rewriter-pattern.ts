// Patterns of rewriters: what they make of a flow, as data, and back to text for handlers. Pure.
//
//   SADDR SPORT DADDR DPORT   of rewriters of ports
//   SADDR DADDR RANGE         of ICMPPingRewriter: RANGE is one of identifiers
//   SADDR DADDR               of rewriters of addresses; SADDR may be a range
//
// A range is a first value and how many follow it: of ports in the first two forms, of addresses
// in the third.

import { type AddressTable, parseInteger, parseIp, parseIpPrefix } from '../../lib/click/args.ts'
import { type PortTable, portTable } from './rewriter-ports.ts'
import { ipText } from './text.ts'

/** How a value is chosen from a range. */
export const PREFER_OWN = 0
export const SEQUENTIAL = 1
export const RANDOM = 2

/** Fields of 0 stay as they are. */
export interface Pattern {
  readonly saddr: number
  readonly sport: number
  readonly daddr: number
  readonly dport: number
  /** How many values follow the first one of the range; 0: there is nothing to choose. */
  readonly top: number
  /** Is it a range of ports (or of identifiers)? Otherwise of addresses. */
  readonly ofPorts: boolean
  readonly choice: number
  /** Ports of the range by class. */
  readonly ports: PortTable
  /** Full name of the element whose `turns` say which value is next, and this pattern's key there. */
  readonly holder: string
  readonly turn: number
}

const NO_PORTS = portTable(0, -1)

export const UNCHANGED: Pattern = {
  saddr: 0,
  sport: 0,
  daddr: 0,
  dport: 0,
  top: 0,
  ofPorts: true,
  choice: PREFER_OWN,
  ports: NO_PORTS,
  holder: '',
  turn: 0,
}

export interface PatternContext {
  readonly addresses: AddressTable
  /** Named patterns. */
  readonly named: ReadonlyMap<string, NamedPattern>
  /** Who keeps the turns of a pattern that has no name, and under which key. */
  readonly holder: string
  readonly turn: number
}

export interface NamedPattern {
  readonly words: readonly string[]
  readonly holder: string
  readonly turn: number
}

interface Range {
  readonly first: number
  readonly top: number
  readonly choice: number
}

/** Parses a pattern's words, or its name. What is wrong, as text, where they are none. */
export function parsePattern(words: readonly string[], context: PatternContext): Pattern | string {
  if (words.length < 1 || words.length > 4) return 'syntax error'
  if (words.length === 1) {
    const named = context.named.get(words[0]!)
    if (named === undefined) return `no such pattern '${words[0]}'`
    if (named.words.length < 2) return 'syntax error'
    return parsePattern(named.words, { ...context, ...named })
  }
  const ofPorts = words.length >= 3
  const saddr = parseSource(words[0]!, context.addresses)
  if (saddr === null) return 'bad source address'
  const sport = !ofPorts ? fixed(0) : parsePorts(words[words.length === 3 ? 2 : 1]!)
  if (sport === null) return 'bad source port'
  const daddr = parseAddress(words[words.length === 4 ? 2 : 1]!, context.addresses)
  if (daddr === null) return 'bad destination address'
  const dport = words.length < 4 ? 0 : parsePort(words[3]!)
  if (dport === null) return 'bad destination port'
  if (ofPorts && saddr.top > 0) return 'bad source address: a range of addresses takes no ports'
  const { top, choice } = ofPorts ? sport : saddr
  return {
    saddr: saddr.first,
    sport: sport.first,
    daddr,
    dport,
    top,
    ofPorts,
    choice,
    ports: ofPorts && top > 0 ? portTable(sport.first, sport.first + top) : NO_PORTS,
    holder: context.holder,
    turn: context.turn,
  }
}

function fixed(first: number): Range {
  return { first, top: 0, choice: PREFER_OWN }
}

function parseAddress(text: string, addresses: AddressTable): number | null {
  return text === '-' ? 0 : parseIp(text, addresses)
}

function parsePort(text: string): number | null {
  if (text === '-') return 0
  const port = parseInteger(text)
  return port !== null && port > 0 && port <= 0xffff ? port : null
}

/** A range's text without its last character where that says how to choose. */
function splitChoice(text: string): [string, number] {
  if (text.endsWith('#')) return [text.slice(0, -1), SEQUENTIAL]
  if (text.endsWith('?')) return [text.slice(0, -1), RANDOM]
  return [text, PREFER_OWN]
}

/** '-', 'ADDR', 'L-H', 'ADDR/LENGTH': of a prefix, all but its first and last address. */
function parseSource(text: string, addresses: AddressTable): Range | null {
  const one = parseAddress(text, addresses)
  if (one !== null) return fixed(one)
  const [range, choice] = splitChoice(text)
  const dash = range.indexOf('-')
  if (dash >= 0) {
    const first = parseIp(range.slice(0, dash), addresses)
    const last = parseIp(range.slice(dash + 1), addresses)
    if (first === null || last === null || last >>> 0 < first >>> 0) return null
    return { first, top: (last >>> 0) - (first >>> 0), choice }
  }
  const bare = parseIp(range, addresses)
  const net = bare === null ? parseIpPrefix(range, addresses) : { addr: bare, mask: -1 }
  if (net === null || net.addr === 0 || net.mask === 0) return null
  if (net.mask === -1) return { first: net.addr, top: 0, choice }
  if (net.mask === -2) return { first: net.addr & -2, top: 1, choice }
  return { first: (net.addr & net.mask) | 1, top: (~net.mask >>> 0) - 2, choice }
}

/** '-', 'PORT', 'L-H', 'L-H#', 'L-H?'. */
function parsePorts(text: string): Range | null {
  const one = parsePort(text)
  if (one !== null) return fixed(one)
  const [range, choice] = splitChoice(text)
  const dash = range.indexOf('-')
  if (dash < 0) return null
  const first = parseInteger(range.slice(0, dash))
  const last = parseInteger(range.slice(dash + 1))
  if (first === null || last === null || first < 0 || last < first || last > 0xffff) return null
  return { first, top: last - first, choice }
}

/** The pattern as Click prints it: all four fields, or two. */
export function patternText(pattern: Pattern): string {
  const { saddr, sport, daddr, dport, top, ofPorts } = pattern
  const address = (addr: number) => (addr === 0 ? '-' : ipText(addr))
  const to = address(daddr)
  if (!ofPorts)
    return `${top > 0 ? `${ipText(saddr)}-${ipText(saddr + top)}` : address(saddr)} ${to}`
  const range = top > 0 ? `${sport}-${sport + top}` : String(sport)
  return `${address(saddr)} ${sport === 0 ? '-' : range} ${to} ${dport === 0 ? '-' : dport}`
}
