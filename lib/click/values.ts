// Parsers of argument types: text in, value out, null where the text is not one. None throws.
// Numbers and units are Click's: 0x and leading-0 integers, '10ms', '8Mbps'. Names of addresses
// are looked up where an AddressTable is given ('eth0', 'eth0:ip', 'server').

import { CONFIG_NAME_MAX } from '../limits.ts'
import type { AddressTable } from './arg-types.ts'
import { cpUnquote, skipBlank, splitSpaces } from './text.ts'

/** An IPv4 prefix; both as int32. */
export interface IpPrefix {
  readonly addr: number
  readonly mask: number
}

/** An IPv6 prefix: 16 bytes and a length. */
export interface Ip6Prefix {
  readonly addr: Uint8Array
  readonly length: number
}

const INTEGER = /^([+-]?)(?:0[xX]([\dA-Fa-f][\dA-Fa-f_]*)|0[bB]([01][01_]*)|([0-9][0-9_]*))$/

/**
 * An integer: decimal, 0x hexadecimal, 0b binary, octal with a leading 0; underscores may stand
 * between digits. Beyond 2^53 the value is not exact; callers check bounds.
 */
export function parseInteger(text: string): number | null {
  const m = INTEGER.exec(text)
  if (m === null || text.endsWith('_') || text.includes('__')) return null
  const [, sign, hex, binary, plain] = m
  let value: number
  if (hex !== undefined) value = digits(hex, 16)
  else if (binary !== undefined) value = digits(binary, 2)
  else if (plain!.startsWith('0') && plain!.length > 1) {
    if (/[89]/.test(plain!)) return null
    value = digits(plain!, 8)
  } else value = digits(plain!, 10)
  return sign === '-' && value !== 0 ? -value : value
}

function digits(text: string, base: number): number {
  let value = 0
  for (const c of text) if (c !== '_') value = value * base + Number.parseInt(c, base)
  return value
}

function parseBounded(text: string, high: number): number | null {
  const value = text.startsWith('-') ? null : parseInteger(text)
  return value === null || value > high ? null : value
}

export const parseU8 = (text: string): number | null => parseBounded(text, 0xff)
export const parseU16 = (text: string): number | null => parseBounded(text, 0xffff)
export const parseU32 = (text: string): number | null => parseBounded(text, 0xffffffff)

const REAL = /^[+-]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?$/

export function parseReal(text: string): number | null {
  if (!REAL.test(text)) return null
  const value = Number(text.replaceAll('_', ''))
  return Number.isFinite(value) ? value : null
}

export function parseBool(text: string): boolean | null {
  if (/^(?:1|y|yes|t|true)$/.test(text)) return true
  if (/^(?:0|n|no|f|false)$/.test(text)) return false
  return null
}

const TIME_UNITS: Readonly<Record<string, number>> = {
  s: 1,
  sec: 1,
  ms: 1e-3,
  msec: 1e-3,
  us: 1e-6,
  usec: 1e-6,
  ns: 1e-9,
  nsec: 1e-9,
  m: 60,
  min: 60,
  h: 3600,
  hr: 3600,
  d: 86_400,
  day: 86_400,
}

/** Splits '1.5 ms' into number and unit; null where the number is none. */
function withUnit(text: string): { value: number; unit: string } | null {
  const m = /^([+-]?[\d._]+(?:[eE][+-]?\d+)?)\s*([A-Za-z/]*)$/.exec(text)
  if (m === null) return null
  const value = parseReal(m[1]!)
  return value === null ? null : { value, unit: m[2]! }
}

/** Seconds; without a unit, seconds. '10ms' is 0.01. Not negative. */
export function parseSeconds(text: string): number | null {
  const parts = withUnit(text)
  if (parts === null || parts.value < 0) return null
  if (parts.unit === '') return parts.value
  const factor = TIME_UNITS[parts.unit]
  if (factor === undefined) return null
  // Division by a power of ten is exact where multiplication by its inverse is not.
  return factor < 1 ? parts.value / Math.round(1 / factor) : parts.value * factor
}

const BANDWIDTH = /^([kKMG]?)(baud|bps|b\/s|Bps|B\/s)$/
const PREFIXES: Readonly<Record<string, number>> = { '': 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9 }

/** Bytes a second, an integer; without a unit, bytes a second. '8kbps' is 1000. */
export function parseBandwidth(text: string): number | null {
  const parts = withUnit(text)
  if (parts === null || parts.value < 0) return null
  if (parts.unit === '') return Math.round(parts.value)
  const m = BANDWIDTH.exec(parts.unit)
  if (m === null) return null
  const scaled = parts.value * PREFIXES[m[1]!]!
  return Math.round(m[2]!.startsWith('B') ? scaled : scaled / 8)
}

/** Dotted bytes: up to four of them, as int32, and how many there were; null: not an address. */
function dotted(text: string): { addr: number; bytes: number } | null {
  if (!/^\d{1,3}(?:\.\d{1,3}){0,3}$/.test(text)) return null
  const parts = text.split('.').map(Number)
  if (parts.some((part) => part > 255)) return null
  let addr = 0
  for (let i = 0; i < 4; i++) addr = (addr << 8) | (parts[i] ?? 0)
  return { addr, bytes: parts.length }
}

function lookup(
  text: string,
  kind: 'ip' | 'ipnet' | 'ip6' | 'ip6net' | 'eth',
  suffixes: readonly string[],
  addresses: AddressTable | undefined,
): string | null {
  if (addresses === undefined || text === '') return null
  const plain = addresses.lookup(text, kind)
  if (plain !== null) return plain
  const colon = text.lastIndexOf(':')
  if (colon <= 0 || !suffixes.includes(text.slice(colon + 1))) return null
  return addresses.lookup(text.slice(0, colon), kind)
}

/** An IPv4 address as int32: 'n.n.n.n', or a name, 'name:ip', 'name:bcast'. */
export function parseIp(text: string, addresses?: AddressTable): number | null {
  const plain = dotted(text)
  if (plain !== null) return plain.bytes === 4 ? plain.addr : null
  const named = lookup(text, 'ip', ['ip', 'ip4'], addresses)
  if (named !== null) return parseIp(named)
  if (text.endsWith(':bcast')) {
    const net = parseIpPrefix(text.slice(0, -6), addresses)
    return net === null ? null : net.addr | ~net.mask
  }
  return null
}

/** The mask of a prefix length, as int32. */
export function prefixMask(length: number): number {
  return length === 0 ? 0 : -1 << (32 - length)
}

/**
 * An IPv4 prefix: 'n.n.n.n/k', 'n.n/k' (trailing bytes 0), 'n.n.n.n/m.m.m.m', a name, 'name/k'.
 * The address is as written: bits outside of the mask are kept.
 */
export function parseIpPrefix(text: string, addresses?: AddressTable): IpPrefix | null {
  const slash = text.lastIndexOf('/')
  if (slash <= 0) {
    const named = lookup(text, 'ipnet', ['ipnet', 'ip4net'], addresses)
    return named === null ? null : parseIpPrefix(named)
  }
  const head = text.slice(0, slash)
  const tail = text.slice(slash + 1)
  let base = dotted(head)
  if (base === null) {
    const addr = parseIp(head, addresses)
    if (addr === null) return null
    base = { addr, bytes: 4 }
  }
  const length = /^\d{1,3}$/.test(tail) ? Number(tail) : -1
  const mask = length >= 0 && length <= 32 ? prefixMask(length) : parseIp(tail, addresses)
  if (mask === null) return null
  // A mask that is longer than what was written of the address is a mistake: 18.26.4/28.
  if (base.bytes < 4 && (mask & prefixMask(base.bytes * 8)) !== mask) return null
  return { addr: base.addr, mask }
}

/** An IPv6 address as 16 bytes, in any of its textual forms. */
export function parseIp6(text: string, addresses?: AddressTable): Uint8Array | null {
  const named = lookup(text, 'ip6', ['ip6'], addresses)
  if (named !== null) return parseIp6(named)
  let body = text
  const last = body.lastIndexOf(':')
  if (last < 0) return null
  const tail = body.slice(last + 1)
  const ip4 = tail.includes('.') || addresses?.lookup(tail, 'ip') ? parseIp(tail, addresses) : null
  if (ip4 !== null) {
    const [high, low] = [ip4 >>> 16, ip4 & 0xffff]
    body = `${body.slice(0, last + 1)}${high.toString(16)}:${low.toString(16)}`
  }
  const halves = body.split('::')
  if (halves.length > 2) return null
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')))
  if (groups.flat().some((group) => !/^[\dA-Fa-f]{1,4}$/.test(group))) return null
  const [front, back] = [groups[0]!, groups[1] ?? []]
  const count = front.length + back.length
  if (halves.length === 2 ? count > 7 : count !== 8) return null
  const words = [...front, ...new Array<string>(8 - count).fill('0'), ...back]
  const bytes = new Uint8Array(16)
  words.forEach((word, i) => {
    const value = Number.parseInt(word, 16)
    bytes[2 * i] = value >> 8
    bytes[2 * i + 1] = value & 255
  })
  return bytes
}

/** An IPv6 prefix: 'address/length' or a name. */
export function parseIp6Prefix(text: string, addresses?: AddressTable): Ip6Prefix | null {
  const slash = text.lastIndexOf('/')
  if (slash <= 0) {
    const named = lookup(text, 'ip6net', ['ip6net'], addresses)
    return named === null ? null : parseIp6Prefix(named)
  }
  const addr = parseIp6(text.slice(0, slash), addresses)
  const tail = text.slice(slash + 1)
  const length = /^\d{1,3}$/.test(tail) ? Number(tail) : -1
  return addr === null || length < 0 || length > 128 ? null : { addr, length }
}

/** An Ethernet address as 6 bytes: 'x:x:x:x:x:x' or with '-', or a name, 'name:eth'. */
export function parseEth(text: string, addresses?: AddressTable): Uint8Array | null {
  const m = /^([\dA-Fa-f]{1,2})([:-])((?:[\dA-Fa-f]{1,2}[:-]){4}[\dA-Fa-f]{1,2})$/.exec(text)
  if (m !== null) {
    const parts = text.split(m[2]!)
    return parts.length === 6 ? Uint8Array.from(parts, (part) => Number.parseInt(part, 16)) : null
  }
  const named = lookup(text, 'eth', ['eth', 'ether', 'ethernet'], addresses)
  return named === null ? null : parseEth(named)
}

/** A string: one word, quoted or not; quotes are taken off. '' must be written as quotes. */
export function parseString(text: string): string | null {
  const words = splitSpaces(text)
  return words.length === 1 && skipBlank(text, 0) === 0 ? cpUnquote(text) : null
}

/** A name of Click's: letters, digits, '_', '@' and '/' inside. */
export function isClickName(text: string): boolean {
  return text.length <= CONFIG_NAME_MAX && /^[\w@]+(?:\/[\w@]+)*$/.test(text)
}
