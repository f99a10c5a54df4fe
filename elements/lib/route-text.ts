// Routes as text: 'ADDR/MASK [GATEWAY] OUTPUT'.
//
// A routing table of a provider has more than half a million, so the usual form, four numbers, a
// length, perhaps a gateway, and an output, is read by a scanner of its own. All else (names, dotted
// masks, '18.26/16') goes the general way.

import { type AddressTable, parseInteger, splitSpaces } from '../../lib/click/args.ts'
import { parseIp, parseIpPrefix } from '../../lib/click/values.ts'
import { ipnetText, ipText, maskLength } from './text.ts'

export interface Route {
  readonly addr: number
  /** Length of the prefix. */
  readonly length: number
  /** 0: none, the destination is on the network itself. */
  readonly gw: number
  readonly port: number
}

/** A route that is written to. */
export type RouteSlot = { -readonly [K in keyof Route]: Route[K] }

export function lengthMask(length: number): number {
  return length === 0 ? 0 : -1 << (32 - length)
}

/** Port of a route that none is given for: 'remove' takes such. */
export const NO_PORT = -1

/** Reads a route into `into`; false: it is none. With `portless`, the output may be missing. */
export function parseRoute(
  text: string,
  addresses: AddressTable | undefined,
  portless: boolean,
  into: RouteSlot,
): boolean {
  if (scanRoute(text, into)) return true
  const words = splitSpaces(text)
  const first = words[0] ?? ''
  const host = parseIp(first, addresses)
  const net = host === null ? parseIpPrefix(first, addresses) : { addr: host, mask: -1 }
  if (net === null || words.length > 3) return false
  const length = maskLength(net.mask)
  if (length < 0) return false
  let rest = words.slice(1)
  const gw = rest[0] === '-' ? 0 : parseIp(rest[0] ?? '', addresses)
  if (gw !== null) rest = rest.slice(1)
  const port = rest.length === 0 && portless ? NO_PORT : parseInteger(rest[0] ?? '')
  if (port === null || rest.length > 1) return false
  into.addr = net.addr & net.mask
  into.length = length
  into.gw = gw ?? 0
  into.port = port
  return true
}

const SPACE = 32
const SLASH = 47
const DOT = 46

/** Where the scanner is, and the number that it read last. */
// hidden-state: scratch, set at the start of each text; an object each would slow down large tables
const cursor = { at: 0, value: 0 }

/** Reads the usual form; false: it is another, and may still be a route. */
function scanRoute(text: string, into: RouteSlot): boolean {
  cursor.at = 0
  if (!scanAddress(text)) return false
  const addr = cursor.value
  if (text.charCodeAt(cursor.at) !== SLASH) return false
  cursor.at++
  if (!scanNumber(text, 32)) return false
  const length = cursor.value
  if (!scanSpaces(text)) return false
  const word = cursor.at
  let gw = 0
  // A gateway has dots, an output has none.
  if (scanAddress(text)) {
    gw = cursor.value
    if (!scanSpaces(text)) return false
  } else cursor.at = word
  if (!scanNumber(text, 0xffffff) || cursor.at !== text.length) return false
  into.addr = addr & lengthMask(length)
  into.length = length
  into.gw = gw
  into.port = cursor.value
  return true
}

function scanAddress(text: string): boolean {
  let addr = 0
  for (let i = 0; i < 4; i++) {
    if (i > 0) {
      if (text.charCodeAt(cursor.at) !== DOT) return false
      cursor.at++
    }
    if (!scanNumber(text, 255)) return false
    addr = (addr << 8) | cursor.value
  }
  cursor.value = addr
  return true
}

/** A decimal number; a leading zero may be another base: that is not for here. */
function scanNumber(text: string, max: number): boolean {
  let at = cursor.at
  let digit = text.charCodeAt(at) - 48
  if (!(digit >= 0 && digit <= 9)) return false
  let value = 0
  const zero = digit === 0
  const start = at
  while (digit >= 0 && digit <= 9) {
    value = value * 10 + digit
    if (value > max) return false
    digit = text.charCodeAt(++at) - 48
  }
  cursor.at = at
  cursor.value = value
  return !zero || at === start + 1
}

function scanSpaces(text: string): boolean {
  const start = cursor.at
  while (text.charCodeAt(cursor.at) === SPACE) cursor.at++
  return cursor.at > start
}

/** 'ADDR/LENGTH GATEWAY OUTPUT', as messages have it. */
export function routeText(route: Route): string {
  const gw = route.gw === 0 ? '-' : ipText(route.gw)
  return `${ipnetText(route.addr, lengthMask(route.length))} ${gw} ${route.port}`
}

/** A line of a table: columns at 16 and 32. */
export function routeLine(route: Route): string {
  const net = `${ipnetText(route.addr, lengthMask(route.length))}\t`
  const gw = `${route.gw === 0 ? '-' : ipText(route.gw)}\t`
  const pad = (text: string, below: number) => (text.length < below ? `${text}\t` : text)
  return `${pad(net, 17)}${pad(gw, 9)}${route.port}\n`
}
