// A router's decrement of the time-to-live.

import type { Packet } from '../../dataplane/packet.ts'

/** ~0x0100, as a word in the machine's byte order. */
const NOT_ONE = new Uint16Array(Uint8Array.of(0xfe, 0xff).buffer)[0]!

/** Decrements the time-to-live, with the checksum; false: it is over, and stays as it is. */
export function decrementTtl(p: Packet, n: number): boolean {
  const m = p.mem
  const ttl = m[n + 8]!
  if (ttl <= 1) return false
  m[n + 8] = ttl - 1
  // The word of the time-to-live is 0x100 less. RFC 1624's way: RFC 1141's makes 0xffff of a
  // checksum that is 0. One's complement sums do not mind the byte order (RFC 1071, 2 (B)).
  if ((n & 1) === 0) {
    const k = (n >> 1) + 5
    const sum = (~p.words[k]! & 0xffff) + NOT_ONE
    p.words[k] = ~(sum + (sum >>> 16))
  } else {
    const sum = (~((m[n + 10]! << 8) | m[n + 11]!) & 0xffff) + 0xfeff
    const folded = ~(sum + (sum >>> 16))
    m[n + 10] = folded >>> 8
    m[n + 11] = folded
  }
  return true
}
