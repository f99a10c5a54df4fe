// Rewriting bytes: addresses, ports and checksums of TCP, UDP and ICMP echo packets, and of the
// packets that ICMP errors quote. Ports are one int32, source << 16 | destination; of an ICMP echo
// request the identifier is the source port, of a reply the destination port, and the other is 0.

import { readIp, writeIp } from './arp.ts'
import { diff16, diff32, fold, sumWords, updated } from './checksum.ts'
import { setU16 } from './ip-header.ts'

export const TCP = 6
export const UDP = 17
export const ICMP = 1
export const DCCP = 33
const ECHO_REPLY = 0
const ECHO = 8

/** Changes a checksum field by the difference of what it covers. */
function fix(m: Uint8Array, at: number, diff: number): void {
  setU16(m, at, updated((m[at]! << 8) | m[at + 1]!, diff))
}

/** Source and destination port exchanged. */
export function swapped(ports: number): number {
  return (ports << 16) | (ports >>> 16)
}

/** Is the ICMP message at `t` an echo request or reply? */
export function isEcho(m: Uint8Array, t: number): boolean {
  return m[t] === ECHO || m[t] === ECHO_REPLY
}

export function isEchoReply(m: Uint8Array, t: number): boolean {
  return m[t] === ECHO_REPLY
}

/** Is it an error message, that quotes a packet (RFC 792)? */
export function isIcmpError(m: Uint8Array, t: number): boolean {
  const type = m[t]!
  return type === 3 || type === 4 || type === 5 || type === 11 || type === 12
}

/** Both ports of a packet of a protocol that has them: together they are as wide as an address. */
export function portsOf(m: Uint8Array, t: number, proto: number): number {
  if (proto !== ICMP) return readIp(m, t)
  const id = (m[t + 4]! << 8) | m[t + 5]!
  return m[t] === ECHO ? id << 16 : id
}

/**
 * Gives a packet new addresses and ports in place of old ones. Fields that stay are not touched, nor
 * is a checksum that covers none that changed.
 * @param n,t offsets of its IP and transport header
 * @param end one past its last byte: of a quoted packet the checksum may be missing
 */
export function rewrite(
  m: Uint8Array,
  n: number,
  t: number,
  end: number,
  proto: number,
  oldSaddr: number,
  oldDaddr: number,
  oldPorts: number,
  saddr: number,
  daddr: number,
  ports: number,
): void {
  let diff = 0
  if (saddr !== oldSaddr) {
    writeIp(m, n + 12, saddr)
    diff = diff32(oldSaddr, saddr)
  }
  if (daddr !== oldDaddr) {
    writeIp(m, n + 16, daddr)
    diff += diff32(oldDaddr, daddr)
  }
  if (diff !== 0) fix(m, n + 10, diff)
  // The checksum of ICMP covers no addresses.
  if (proto === ICMP) diff = 0
  if (ports !== oldPorts) {
    if (proto === ICMP) setU16(m, t + 4, m[t] === ECHO ? ports >>> 16 : ports & 0xffff)
    else writeIp(m, t, ports)
    diff += diff32(oldPorts, ports)
  }
  if (diff === 0) return
  if (proto === TCP) {
    if (t + 18 <= end) fix(m, t + 16, diff)
  } else if (proto === ICMP) {
    fix(m, t + 2, diff)
  } else if (proto === UDP && t + 8 <= end && (m[t + 6]! | m[t + 7]!) !== 0) {
    // A UDP checksum of 0 says that there is none (RFC 768), so 0 is sent as all ones.
    fix(m, t + 6, diff)
    if ((m[t + 6]! | m[t + 7]!) === 0) setU16(m, t + 6, 0xffff)
  }
}

/**
 * Gives a packet of any protocol, or any fragment, new addresses. The checksums of TCP and UDP cover
 * them too, where this packet has one.
 */
export function rewriteAddresses(
  m: Uint8Array,
  n: number,
  end: number,
  oldSaddr: number,
  oldDaddr: number,
  saddr: number,
  daddr: number,
): void {
  const first = ((m[n + 6]! & 0x1f) | m[n + 7]!) === 0
  const proto = m[n + 9]!
  const t = n + ((m[n]! & 15) << 2)
  // No ports change: of these a packet may have none.
  const covered = first && (proto === TCP || proto === UDP) ? proto : ICMP
  rewrite(m, n, t, end, covered, oldSaddr, oldDaddr, 0, saddr, daddr, 0)
}

/** Addresses, and ports where the packet has them. */
export interface FlowOf {
  readonly saddr: number
  readonly daddr: number
  readonly ports: number
}

/**
 * Gives the packet that an ICMP error quotes a new flow in place of its own, and the error new
 * addresses.
 * @param n,t offsets of the error's IP and ICMP header; the quoted packet follows after 8 bytes
 * @param proto of the quoted packet; 0: only its addresses change
 */
export function rewriteError(
  m: Uint8Array,
  n: number,
  t: number,
  end: number,
  outer: { readonly saddr: number; readonly daddr: number },
  old: FlowOf,
  now: FlowOf,
  proto: number,
): void {
  const q = t + 8
  const qt = q + ((m[q]! & 15) << 2)
  const before = fold(sumWords(m, q, end - q, 0))
  rewrite(m, q, qt, end, proto, old.saddr, old.daddr, old.ports, now.saddr, now.daddr, now.ports)
  const after = fold(sumWords(m, q, end - q, 0))
  fix(m, t + 2, diff16(before, after))
  const diff = diff32(readIp(m, n + 12), outer.saddr) + diff32(readIp(m, n + 16), outer.daddr)
  writeIp(m, n + 12, outer.saddr)
  writeIp(m, n + 16, outer.daddr)
  fix(m, n + 10, diff)
}

/**
 * Does an ICMP error at `t` quote a packet far enough: a whole IP header, of the first fragment, and
 * the 8 bytes after it that RFC 792 asks for?
 */
export function quotesPacket(m: Uint8Array, t: number, end: number): boolean {
  const q = t + 8
  if (q + 28 > end || m[q]! >> 4 !== 4) return false
  const hl = (m[q]! & 15) << 2
  return hl >= 20 && q + hl + 8 <= end && ((m[q + 6]! & 0x1f) | m[q + 7]!) === 0
}

/** The same, of a protocol with ports. */
export function quotesFlow(m: Uint8Array, t: number, end: number): boolean {
  if (!quotesPacket(m, t, end)) return false
  const q = t + 8
  const proto = m[q + 9]!
  return proto === TCP || proto === UDP || (proto === ICMP && isEcho(m, q + ((m[q]! & 15) << 2)))
}
