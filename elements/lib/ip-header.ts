// IPv4 headers of packets: where they are, writing them, and changes that keep the checksum right.

import type { Packet } from '../../dataplane/packet.ts'
import { writeIp } from './arp.ts'
import { diff16, setIpChecksum, updated } from './checksum.ts'

export const ICMP = 1
export const TCP = 6
export const UDP = 17

/** Length of an IPv4 header without options. */
export const IP_HEADER = 20

/** Time-to-live of packets that the encapsulating elements make. */
export const ENCAP_TTL = 250

/** Is the network header annotation set, with an IPv4 header's fixed part in the packet? */
export function hasIp(p: Packet): boolean {
  return p.net >= 0 && p.net + IP_HEADER <= p.end
}

export function u16At(m: Uint8Array, at: number): number {
  return (m[at]! << 8) | m[at + 1]!
}

export function setU16(m: Uint8Array, at: number, value: number): void {
  m[at] = value >>> 8
  m[at + 1] = value
}

export function headerLength(m: Uint8Array, n: number): number {
  return (m[n]! & 15) << 2
}

/** Offset of the transport header: the annotation, or what follows from the header length. */
export function transportOf(p: Packet): number {
  return p.transport >= 0 ? p.transport : p.net + headerLength(p.mem, p.net)
}

/** Is it no later fragment, so that a transport header follows? */
export function isFirst(m: Uint8Array, n: number): boolean {
  return ((m[n + 6]! & 0x1f) | m[n + 7]!) === 0
}

/** Is it a fragment at all: more follow, or others were before? */
export function isFragment(m: Uint8Array, n: number): boolean {
  return ((m[n + 6]! & 0x3f) | m[n + 7]!) !== 0
}

/** Sets the bits of `mask` in the byte that holds DSCP and ECN; the checksum follows (RFC 1624). */
export function setTosBits(m: Uint8Array, n: number, mask: number, bits: number): void {
  const old = u16At(m, n)
  m[n + 1] = (m[n + 1]! & ~mask) | bits
  setU16(m, n + 10, updated(u16At(m, n + 10), diff16(old, u16At(m, n))))
}

/** Writes a header without options, its checksum included. `length`: of the whole datagram. */
export function writeIpHeader(
  m: Uint8Array,
  n: number,
  length: number,
  id: number,
  ttl: number,
  proto: number,
  src: number,
  dst: number,
): void {
  writeIp(m, n, 0x45000000 | length)
  writeIp(m, n + 4, id << 16)
  m[n + 8] = ttl
  m[n + 9] = proto
  writeIp(m, n + 12, src)
  writeIp(m, n + 16, dst)
  setIpChecksum(m, n)
}
