// ARP packets over Ethernet for IPv4 (RFC 826): offsets, and how requests and replies are written.
//
//   0      6      12     14        20    22      28      32      38      42
//   | dst  | src  | 0806 | 1 800 6 4 | op | sha   | spa   | tha   | tpa   |

import type { Packet, Pool } from '../../dataplane/packet.ts'

export const ARP_LENGTH = 42
export const REQUEST = 1
export const REPLY = 2
export const SENDER_ETH = 22
export const SENDER_IP = 28
export const TARGET_IP = 38

/**
 * What an Ethernet frame asks or says; 0 where it is no ARP packet for IPv4 over Ethernet. Lengths
 * of addresses follow from the types, so what the packet says of them does not matter.
 */
export function arpOperation(p: Packet): number {
  const m = p.mem
  const o = p.off
  if (p.end - o < ARP_LENGTH) return 0
  if (m[o + 12] !== 0x08 || m[o + 13] !== 0x06) return 0
  if (m[o + 14] !== 0 || m[o + 15] !== 1 || m[o + 16] !== 8 || m[o + 17] !== 0) return 0
  return (m[o + 20]! << 8) | m[o + 21]!
}

export function readIp(m: Uint8Array, at: number): number {
  return (m[at]! << 24) | (m[at + 1]! << 16) | (m[at + 2]! << 8) | m[at + 3]!
}

export function writeIp(m: Uint8Array, at: number, addr: number): void {
  m[at] = addr >>> 24
  m[at + 1] = addr >>> 16
  m[at + 2] = addr >>> 8
  m[at + 3] = addr
}

/** Ethernet addresses are kept as 16 and 32 bits. */
export function writeEth(m: Uint8Array, at: number, high: number, low: number): void {
  m[at] = high >>> 8
  m[at + 1] = high
  writeIp(m, at + 2, low)
}

/** Copies an Ethernet address from `from` of `source`. */
export function copyEth(m: Uint8Array, at: number, source: Uint8Array, from: number): void {
  m[at] = source[from]!
  m[at + 1] = source[from + 1]!
  m[at + 2] = source[from + 2]!
  m[at + 3] = source[from + 3]!
  m[at + 4] = source[from + 4]!
  m[at + 5] = source[from + 5]!
}

/** Writes type, lengths and operation. */
function writeHead(m: Uint8Array, o: number, operation: number): void {
  m[o + 12] = 0x08
  m[o + 13] = 0x06
  m[o + 14] = 0
  m[o + 15] = 1
  m[o + 16] = 8
  m[o + 17] = 0
  m[o + 18] = 6
  m[o + 19] = 4
  m[o + 20] = 0
  m[o + 21] = operation
}

/**
 * A request for the Ethernet address of `ip`; null where the pool is empty.
 * @param high,low where it is sent: broadcast, or the address that is to be confirmed
 */
export function makeRequest(
  pool: Pool,
  myEth: Uint8Array,
  myIp: number,
  ip: number,
  high: number,
  low: number,
): Packet | null {
  const p = pool.allocLength(ARP_LENGTH)
  if (p === null) return null
  const m = p.mem
  const o = p.off
  writeEth(m, o, high, low)
  copyEth(m, o + 6, myEth, 0)
  writeHead(m, o, REQUEST)
  copyEth(m, o + SENDER_ETH, myEth, 0)
  writeIp(m, o + SENDER_IP, myIp)
  writeEth(m, o + 32, 0, 0)
  writeIp(m, o + TARGET_IP, ip)
  p.mac = o
  p.net = o + 14
  return p
}

/** A reply to (`toEth`, `toIp`) that `ip` is at `eth`; null where the pool is empty. */
export function makeReply(
  pool: Pool,
  toEth: Uint8Array,
  toIp: number,
  eth: Uint8Array,
  ip: number,
): Packet | null {
  const p = pool.allocLength(ARP_LENGTH)
  if (p === null) return null
  const m = p.mem
  const o = p.off
  copyEth(m, o, toEth, 0)
  copyEth(m, o + 6, eth, 0)
  writeHead(m, o, REPLY)
  copyEth(m, o + SENDER_ETH, eth, 0)
  writeIp(m, o + SENDER_IP, ip)
  copyEth(m, o + 32, toEth, 0)
  writeIp(m, o + TARGET_IP, toIp)
  p.mac = o
  p.net = o + 14
  return p
}

/**
 * Turns the request in `p` into the reply that what it asks for is at the Ethernet address. It is a
 * new packet as far as annotations go; the VLAN stays.
 */
export function turnIntoReply(p: Packet, high: number, low: number): void {
  const m = p.mem
  const o = p.off
  const asked = readIp(m, o + TARGET_IP)
  copyEth(m, o, m, o + SENDER_ETH)
  copyEth(m, o + 32, m, o + SENDER_ETH)
  writeIp(m, o + TARGET_IP, readIp(m, o + SENDER_IP))
  writeHead(m, o, REPLY)
  writeEth(m, o + 6, high, low)
  writeEth(m, o + SENDER_ETH, high, low)
  writeIp(m, o + SENDER_IP, asked)
  p.end = o + ARP_LENGTH
  p.timeUs = 0
  p.dst = 0
  p.paint = 0
  p.type = 0
  p.mac = o
  p.net = o + 14
}
