// A router's decrement of the time-to-live.

/** Decrements the time-to-live, with the checksum; false: it is over, and stays as it is. */
export function decrementTtl(m: Uint8Array, n: number): boolean {
  const ttl = m[n + 8]!
  if (ttl <= 1) return false
  m[n + 8] = ttl - 1
  // The word of the time-to-live is 0x100 less. RFC 1624's way: RFC 1141's makes 0xffff of a
  // checksum that is 0.
  const sum = (~((m[n + 10]! << 8) | m[n + 11]!) & 0xffff) + 0xfeff
  const folded = ~(sum + (sum >>> 16))
  m[n + 10] = folded >>> 8
  m[n + 11] = folded
  return true
}
