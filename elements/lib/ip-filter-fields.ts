// What IP patterns can ask of a packet, as word tests.

import {
  and,
  type Expr,
  FALSE,
  MAC_BASE,
  NET_BASE,
  or,
  TRANSPORT_BASE,
  TRUE,
  test,
} from './program.ts'

/** A field of bits: `offset` of its word, `shift` of its lowest bit there. */
export interface Field {
  readonly offset: number
  readonly shift: number
  readonly width: number
}

/** The others are these, of the value or the one below it, negated or not. */
export type Op = '==' | '>'

/** The field of `length` bits from bit `bit` of a header on; null: it is not within one word. */
export function fieldAt(base: number, bit: number, length: number): Field | null {
  const inWord = bit % 32
  if (inWord + length > 32) return null
  return { offset: base + (bit >> 5) * 4, shift: 32 - inWord - length, width: length }
}

const net = (bit: number, length: number): Field => fieldAt(NET_BASE, bit, length)!
const transport = (bit: number, length: number): Field => fieldAt(TRANSPORT_BASE, bit, length)!

/** Fields by name: 'ip ttl', 'tcp win' … */
export const FIELDS: Readonly<Record<string, Field>> = {
  vers: net(0, 4),
  hl: net(4, 4),
  tos: net(8, 8),
  dscp: net(8, 6),
  len: net(16, 16),
  id: net(32, 16),
  ttl: net(64, 8),
  proto: net(72, 8),
  win: transport(112, 16),
  'icmp type': transport(0, 8),
}
export const SADDR = net(96, 32)
export const DADDR = net(128, 32)
export const SPORT = transport(0, 16)
export const DPORT = transport(16, 16)

/** Largest value of a field. */
export function fieldMax(field: Field): number {
  return 2 ** field.width - 1
}

/** Compares the bits of a field that `mask` has; mask and value are unsigned. */
export function compare(field: Field, mask: number, op: Op, value: number): Expr {
  const { shift } = field
  // Of the value, too, only the bits of the mask count.
  if (op === '==') return equals(field, mask << shift, (value & mask) << shift)
  if (value < 0) return TRUE
  if (value >= fieldMax(field)) return FALSE
  return { kind: 'isnt', of: below(field, mask, value + 1) }
}

function equals({ offset, shift }: Field, mask: number, value: number): Expr {
  if (mask === 0) return value === 0 ? TRUE : FALSE
  return test(offset, mask, value, 4 - (shift >> 3))
}

/**
 * (field & mask) < value: there is a bit, set in value, that the field has not, and above it both
 * are the same.
 */
function below(field: Field, mask: number, value: number): Expr {
  const { shift, width } = field
  const ways: Expr[] = []
  for (let bit = width - 1; bit >= 0; bit--) {
    const one = 2 ** bit
    const above = (mask & ~(one * 2 - 1)) >>> 0
    if (Math.floor(value / one) % 2 === 0) continue
    const prefix = value & above
    const inMask = Math.floor((mask >>> 0) / one) % 2 === 1
    const compared = inMask ? above | one : above
    ways.push(equals(field, compared << shift, prefix << shift))
    // A bit that the mask has not is 0 in the field: it is below here and never equal further on.
    if (!inMask) break
  }
  return ways.length === 0 ? FALSE : or(...ways)
}

/** An Ethernet address at byte `at` of the MAC header, as tests of aligned words. */
export function etherIs(at: number, eth: Uint8Array): Expr {
  const words = new Map<number, { mask: number; value: number }>()
  for (let i = 0; i < 6; i++) {
    const place = MAC_BASE + at + i
    const word = place & ~3
    const shift = (3 - (place & 3)) * 8
    const w = words.get(word) ?? { mask: 0, value: 0 }
    words.set(word, { mask: w.mask | (255 << shift), value: w.value | (eth[i]! << shift) })
  }
  return and(...[...words].map(([offset, w]) => test(offset, w.mask, w.value)))
}

/** Is the packet no later fragment: has it a transport header? */
export const FIRST_FRAGMENT = test(NET_BASE + 4, 0x1fff, 0)
/** Is it a whole datagram? */
export const UNFRAGMENTED = test(NET_BASE + 4, 0x3fff, 0)

export function protocolIs(proto: number): Expr {
  return test(NET_BASE + 8, 0xff0000, proto << 16)
}
