// Prefix-preserving anonymization: addresses that share their first p bits still do afterwards.
//
// Bit i of an address is flipped or not by a keyed function of the i bits before it, so every
// address has one image, and nothing has to be remembered but the key.

/** What must not be flipped, beside the key. */
export interface Anonymizing {
  /** Leading one bits that stay, and the bit behind them. */
  readonly preserveClass: number
  /** Prefixes of 8 bits that stay. */
  readonly preserve8: readonly number[]
}

/** The image of an address (int32). 0.0.0.0 and 255.255.255.255 stay what they are. */
export function anonymize(addr: number, how: Anonymizing, key0: number, key1: number): number {
  if (addr === 0 || addr === -1) return addr
  const image = mapped(addr, how, key0, key1)
  // What would come to a special address takes the image that this one leaves free.
  return image === 0 || image === -1 ? mapped(image, how, key0, key1) : image
}

function mapped(addr: number, how: Anonymizing, key0: number, key1: number): number {
  let image = addr
  for (let i = 0; i < 32; i++) {
    const prefix = i === 0 ? 0 : addr & (-1 << (32 - i))
    if (stays(prefix, i, how)) continue
    image ^= flip(prefix, i, key0, key1) << (31 - i)
  }
  return image | 0
}

/** Whether the bit behind a prefix of i bits keeps its value. */
function stays(prefix: number, i: number, how: Anonymizing): boolean {
  if (i < how.preserveClass && prefix === (i === 0 ? 0 : -1 << (32 - i))) return true
  if (i >= 8) return false
  const { preserve8 } = how
  for (let k = 0; k < preserve8.length; k++)
    if (i === 0 || (prefix ^ (preserve8[k]! << 24)) >>> (32 - i) === 0) return true
  return false
}

/** One bit of the prefix and its length, mixed with the key (MurmurHash3's finalizer, twice). */
function flip(prefix: number, i: number, key0: number, key1: number): number {
  return mix(mix(prefix ^ key0) ^ Math.imul(i + 1, 0x9e37_79b9) ^ key1) & 1
}

function mix(x: number): number {
  let h = x
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35)
  return h ^ (h >>> 16)
}
