// IPv6 headers of packets (RFC 8200), addresses as text, the destination address annotation.
//
//   0             4        6      7           8        24       40
//   | v,class,flow | length | next | hop limit | source | dest.  |

import type { Packet } from '../../dataplane/packet.ts'
import {
  type AddressTable,
  type Ip6Prefix,
  parseIp6,
  parseIp6Prefix,
} from '../../lib/click/args.ts'
import { annoBytes, setAnnoBytes } from './anno-bytes.ts'
import { fold, sumWords } from './checksum.ts'
import { setU16 } from './ip-header.ts'

export const IP6_HEADER = 40
export const ADDRESS = 16
export const NEXT_AT = 6
export const HOP_LIMIT_AT = 7
export const SRC_AT = 8
export const DST_AT = 24

/** Next header values. */
export const HOP_BY_HOP = 0
export const ROUTING = 43
export const FRAGMENT = 44
export const ICMP6 = 58
export const DESTINATION = 60

/** Is the network header annotation set, with an IPv6 header in the packet? */
export function hasIp6(p: Packet): boolean {
  return p.net >= 0 && p.net + IP6_HEADER <= p.end
}

/** Writes a header with class and flow 0 but for the addresses. `length`: of the payload. */
export function writeIp6Header(
  m: Uint8Array,
  n: number,
  length: number,
  next: number,
  hopLimit: number,
): void {
  m[n] = 0x60
  m[n + 1] = 0
  m[n + 2] = 0
  m[n + 3] = 0
  setU16(m, n + 4, length)
  m[n + NEXT_AT] = next
  m[n + HOP_LIMIT_AT] = hopLimit
}

export function copyIp6(m: Uint8Array, at: number, source: Uint8Array, from: number): void {
  for (let i = 0; i < ADDRESS; i++) m[at + i] = source[from + i]!
}

/** Checksum of a message of `length` bytes at `t`, under the header at `n` (RFC 8200, 8.1). */
export function ip6Checksum(
  m: Uint8Array,
  n: number,
  t: number,
  length: number,
  proto: number,
): number {
  const addresses = sumWords(
    m,
    n + SRC_AT,
    2 * ADDRESS,
    (length >>> 16) + (length & 0xffff) + proto,
  )
  return ~fold(sumWords(m, t, length, addresses)) & 0xffff
}

/** Computes and stores the checksum of an ICMPv6 message. */
export function setIcmp6Checksum(m: Uint8Array, n: number, t: number, length: number): void {
  setU16(m, t + 2, 0)
  setU16(m, t + 2, ip6Checksum(m, n, t, length, ICMP6))
}

/** Sets the destination address annotation (DST_IP6). */
export function setDst6(p: Packet, source: Uint8Array, from: number): void {
  setAnnoBytes(p, 0, ADDRESS, source, from)
}

/** Copies the destination address annotation. */
export function dst6(p: Packet, into: Uint8Array, at: number): void {
  annoBytes(p, 0, ADDRESS, into, at)
}

export function isZero6(m: Uint8Array, at: number): boolean {
  for (let i = 0; i < ADDRESS; i++) if (m[at + i] !== 0) return false
  return true
}

/** Have both addresses the same first `length` bits? */
export function samePrefix(
  a: Uint8Array,
  at: number,
  b: Uint8Array,
  bt: number,
  length: number,
): boolean {
  const whole = length >> 3
  for (let i = 0; i < whole; i++) if (a[at + i] !== b[bt + i]) return false
  const rest = length & 7
  return rest === 0 || ((a[at + whole]! ^ b[bt + whole]!) & (0xff00 >> rest) & 0xff) === 0
}

/** The address with the bits behind the first `length` zero. */
export function maskAddress(addr: Uint8Array, length: number): Uint8Array {
  return Uint8Array.from(addr, (byte, i) => {
    const bits = Math.min(8, Math.max(0, length - 8 * i))
    return byte & (0xff00 >> bits)
  })
}

/** The address at `at` as RFC 5952 has it. */
export function ip6Text(m: Uint8Array, at = 0): string {
  const words: number[] = []
  for (let i = 0; i < 8; i++) words.push((m[at + 2 * i]! << 8) | m[at + 2 * i + 1]!)
  const isZero = (from: number, to: number) => words.slice(from, to).every((w) => w === 0)
  const ip4 = `${m[at + 12]}.${m[at + 13]}.${m[at + 14]}.${m[at + 15]}`
  if (isZero(0, 8)) return '::'
  if (isZero(0, 6)) return `::${ip4}`
  if (isZero(0, 5) && words[5] === 0xffff) return `::ffff:${ip4}`
  let best = { from: 0, length: 1 }
  for (let from = 0; from < 8; from++) {
    let length = 0
    while (from + length < 8 && words[from + length] === 0) length++
    if (length > best.length) best = { from, length }
  }
  const text = (part: number[]) => part.map((w) => w.toString(16)).join(':')
  if (best.length < 2) return text(words)
  return `${text(words.slice(0, best.from))}::${text(words.slice(best.from + best.length))}`
}

/** 'ADDR/LENGTH', 'ADDR/MASK' or a name; null: neither. */
export function parsePrefix6(text: string, addresses?: AddressTable): Ip6Prefix | null {
  const plain = parseIp6Prefix(text, addresses)
  const slash = text.lastIndexOf('/')
  if (plain !== null || slash <= 0) return plain
  const addr = parseIp6(text.slice(0, slash), addresses)
  const mask = parseIp6(text.slice(slash + 1), addresses)
  if (addr === null || mask === null) return null
  const ones = mask.reduce((n, byte) => n + byte.toString(2).replaceAll('0', '').length, 0)
  return samePrefix(mask, 0, new Uint8Array(ADDRESS).fill(255), 0, ones)
    ? { addr, length: ones }
    : null
}
