// CRC-32 with the generator of Ethernet, highest bit first (as in MPEG-2 and BZip2): starts with all
// ones, and is not inverted at the end.

const GENERATOR = 0x04c11db7

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ GENERATOR : crc << 1
  return crc
})

/** Of the bytes [from, to), as int32. */
export function crc32(mem: Uint8Array, from: number, to: number): number {
  let crc = -1
  for (let i = from; i < to; i++) crc = (crc << 8) ^ TABLE[(crc >>> 24) ^ mem[i]!]!
  return crc
}
