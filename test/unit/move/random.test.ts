// The seeded generator: repeatable, in range, and not visibly biased.

import test from 'ava'
import { Random } from '../../../lib/random.ts'

test('the same seed, the same numbers; neighbours differ', (t) => {
  const numbers = (seed: number) => {
    const r = new Random(seed)
    return Array.from({ length: 8 }, () => r.u32())
  }
  t.deepEqual(numbers(5), numbers(5))
  t.notDeepEqual(numbers(5), numbers(6))
  t.notDeepEqual(numbers(0), numbers(1))
})

test('ranges are kept and used up', (t) => {
  const r = new Random(1)
  const seen = new Map<number, number>()
  for (let i = 0; i < 10_000; i++) {
    const n = r.between(3, 7)
    seen.set(n, (seen.get(n) ?? 0) + 1)
  }
  t.deepEqual([...seen.keys()].sort(), [3, 4, 5, 6, 7])
  for (const n of seen.values()) t.true(n > 1800 && n < 2200, `${n}`)
  t.false(r.chance(0))
  t.true(r.chance(1))
  t.throws(() => r.pick([]))
})
