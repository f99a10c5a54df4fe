// What is known of where packets start: at an address that leaves `offset` when divided by
// `modulus`. Alignments form a lattice: `join` is what holds for packets of either kind, `meet`
// what packets must be to satisfy both.

export interface Alignment {
  /** Above 0: a modulus; else one of the three below. */
  readonly modulus: number
  readonly offset: number
}

/** Nothing is known, or wanted. */
export const EMPTY: Alignment = { modulus: 0, offset: 0 }
/** There are no packets, so that they satisfy everything. */
export const UNIVERSAL: Alignment = { modulus: -1, offset: 0 }
/** No packet can satisfy it. */
export const BAD: Alignment = { modulus: -2, offset: 0 }

/** Moduli that combined requirements may reach; beyond it they count as impossible. */
const MODULUS_MAX = 1 << 16

export function alignment(modulus: number, offset: number): Alignment {
  return modulus > 0 && offset >= 0 && offset < modulus ? { modulus, offset } : BAD
}

export function same(a: Alignment, b: Alignment): boolean {
  return a.modulus === b.modulus && a.offset === b.offset
}

/** Do packets of alignment `have` satisfy `want`? */
export function satisfies(have: Alignment, want: Alignment): boolean {
  const special = [have, want].map((a) => a.modulus)
  if (special.includes(BAD.modulus)) return false
  if (special.includes(UNIVERSAL.modulus)) return have.modulus === UNIVERSAL.modulus
  if (want.modulus <= 1) return true
  return (
    have.modulus % want.modulus === 0 &&
    have.modulus > 1 &&
    have.offset % want.modulus === want.offset
  )
}

/** The alignment of packets that start so many bytes later. */
export function shifted(a: Alignment, bytes: number): Alignment {
  if (a.modulus <= 1) return a
  const offset = (((a.offset + bytes) % a.modulus) + a.modulus) % a.modulus
  return { modulus: a.modulus, offset }
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}

/** What is known of packets that have one alignment or the other. */
export function join(a: Alignment, b: Alignment): Alignment {
  if (a.modulus === EMPTY.modulus || b.modulus === BAD.modulus) return b
  if (a.modulus === UNIVERSAL.modulus && b.modulus > 0) return b
  if (a.modulus <= 1 || b.modulus <= 0) return a
  const modulus = gcd(a.modulus, b.modulus)
  const [first, second] = [a.offset % modulus, b.offset % modulus]
  if (first === second) return { modulus, offset: first }
  // Where the offsets lie a divisor apart, they still agree by that.
  const apart = (second - first + modulus) % modulus
  const step = Math.min(apart, modulus - apart)
  return modulus % step === 0 ? { modulus: step, offset: first % step } : { modulus: 1, offset: 0 }
}

/** What packets must be to satisfy both. */
export function meet(a: Alignment, b: Alignment): Alignment {
  if (a.modulus <= 0 || b.modulus <= 0)
    return a.modulus === EMPTY.modulus || b.modulus === BAD.modulus ? b : a
  if (satisfies(a, b)) return a
  if (satisfies(b, a)) return b
  const modulus = (a.modulus * b.modulus) / gcd(a.modulus, b.modulus)
  const [small, large] = a.modulus < b.modulus ? [a, b] : [b, a]
  if (modulus > MODULUS_MAX) return BAD
  for (let offset = large.offset; offset < modulus; offset += large.modulus)
    if (offset % small.modulus === small.offset) return { modulus, offset }
  return BAD
}
