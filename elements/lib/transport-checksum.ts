// The checksum of TCP and UDP over IPv4, over pseudo header, header and payload.

import type { Packet } from '../../dataplane/packet.ts'
import { readIp } from './arp.ts'
import { fold, pseudoSum, sumPacket } from './checksum.ts'

/**
 * The checksum of the segment of `length` bytes at `t`, its checksum field as it stands: 0 to be set,
 * and the result is 0 where one that was set is right. A source route
 * names the final destination in its last entry; that is then the pseudo header's (RFC 1122, 4.1.3.4).
 */
export function transportChecksum(p: Packet, n: number, t: number, length: number): number {
  const m = p.mem
  const dst = readIp(m, finalDestination(m, n))
  const pseudo = pseudoSum(readIp(m, n + 12), dst, m[n + 9]!, length)
  return ~fold(sumPacket(p, t, length) + pseudo) & 0xffff
}

const LOOSE_ROUTE = 0x83
const STRICT_ROUTE = 0x89

/** Where the header has the address that the packet is for in the end. */
export function finalDestination(m: Uint8Array, n: number): number {
  const end = n + ((m[n]! & 15) << 2)
  for (let at = n + 20; at < end; ) {
    const type = m[at]!
    if (type === 0) break
    const length = type === 1 ? 1 : (m[at + 1] ?? 0)
    if ((type !== 1 && length < 2) || at + length > end) break
    const routed = type === LOOSE_ROUTE || type === STRICT_ROUTE
    // A pointer past the option's end says that the route has been used up.
    if (routed && length >= 7 && m[at + 2]! - 1 + 4 <= length) return at + length - 4
    at += length
  }
  return n + 16
}
