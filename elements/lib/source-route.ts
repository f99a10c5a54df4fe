// Source route options of IPv4 headers (RFC 791, section 3.1).
//
//   | type | length | pointer | address | address | …      pointer: of the next hop, from the type on, from 1

const END = 0
const NOP = 1
const LOOSE = 131
const STRICT = 137

/** Where the header at `n` has a source route option that holds together; 0: it has none. */
export function sourceRoute(m: Uint8Array, n: number): number {
  const end = n + ((m[n]! & 15) << 2)
  for (let at = n + 20; at < end; ) {
    const type = m[at]!
    if (type === END) return 0
    if (type === NOP) {
      at++
      continue
    }
    const length = m[at + 1] ?? 0
    if (length < 2 || at + length > end) return 0
    const pointer = m[at + 2] ?? 0
    const fits = pointer >= 4 && pointer % 4 === 0 && pointer <= length + 1
    if ((type === LOOSE || type === STRICT) && fits) return at
    at += length
  }
  return 0
}

/** Writes an option with the way back: the hops that were passed, the last first. */
export function routeBack(
  m: Uint8Array,
  option: number,
  into: Uint8Array,
  at: number,
  length: number,
): void {
  const used = m[option + 2]! - 1
  into.fill(END, at, at + length)
  into[at] = m[option]!
  into[at + 1] = used
  into[at + 2] = 4
  let o = at + 3
  for (let hop = option + used - 4; hop >= option + 3; hop -= 4, o += 4)
    for (let i = 0; i < 4; i++) into[o + i] = m[hop + i]!
}
