// Alignments: `satisfies`, `join` and `meet` against the sets of addresses that they stand for.

import test from 'ava'
import fc from 'fast-check'
import {
  type Alignment,
  BAD,
  EMPTY,
  join,
  meet,
  satisfies,
  shifted,
  UNIVERSAL,
} from '../../../cli/tools/alignment.ts'

const some = fc
  .tuple(fc.constantFrom(1, 2, 3, 4, 6, 8, 16), fc.nat(15))
  .map(([modulus, offset]): Alignment => ({ modulus, offset: offset % modulus }))

/** Addresses enough for all moduli above. */
const ADDRESSES = Array.from({ length: 48 }, (_, i) => i)
const at = (a: Alignment) => ADDRESSES.filter((n) => a.modulus === 1 || n % a.modulus === a.offset)
const within = (a: readonly number[], b: readonly number[]) => a.every((n) => b.includes(n))

test('satisfies is being a subset', (t) => {
  fc.assert(
    fc.property(some, some, (a, b) => {
      t.is(satisfies(a, b), within(at(a), at(b)))
    }),
  )
})

test('join holds for both', (t) => {
  fc.assert(
    fc.property(some, some, (a, b) => {
      const both = at(join(a, b))
      t.true(within(at(a), both) && within(at(b), both))
    }),
  )
})

test('meet is what satisfies both, or nothing does', (t) => {
  fc.assert(
    fc.property(some, some, (a, b) => {
      const common = at(a).filter((n) => at(b).includes(n))
      const met = meet(a, b)
      t.deepEqual(met === BAD ? [] : at(met), common)
    }),
  )
})

test('shifting moves the addresses', (t) => {
  fc.assert(
    fc.property(some, fc.integer({ min: -20, max: 20 }), (a, bytes) => {
      const moved = shifted(a, bytes)
      const fits = (n: number) =>
        a.modulus === 1 || (((n - bytes) % a.modulus) + a.modulus) % a.modulus === a.offset
      t.deepEqual(at(moved), ADDRESSES.filter(fits))
    }),
  )
})

test('nothing known, no packets, impossible', (t) => {
  const four = { modulus: 4, offset: 2 }
  t.is(join(EMPTY, four), four)
  t.is(join(UNIVERSAL, four), four)
  t.is(meet(EMPTY, four), four)
  t.is(meet(four, BAD), BAD)
  t.true(satisfies(UNIVERSAL, four))
  t.false(satisfies(EMPTY, four))
  t.false(satisfies(BAD, EMPTY))
})

test('join keeps what two alignments have in common', (t) => {
  const of = (modulus: number, offset: number): Alignment => ({ modulus, offset })
  t.deepEqual(join(of(4, 0), of(4, 2)), of(2, 0))
  t.deepEqual(join(of(8, 1), of(8, 7)), of(2, 1))
  t.deepEqual(join(of(8, 3), of(4, 3)), of(4, 3))
  t.deepEqual(join(of(4, 0), of(4, 1)), of(1, 0))
})
