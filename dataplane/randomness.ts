// The router's generator of random numbers. Until it is seeded by hand it is mulberry32: small, quick,
// good enough for drops, shuffles and back-off. RandomSeed makes it the additive feedback generator of
// the C library (x[i] = x[i-3] + x[i-31], the lowest bit left off), so that a configuration with a seed
// draws what it draws in Click.

import { ClickRandom } from '../lib/click/random.ts'

export interface Randomness {
  /** In [0, 1). */
  (): number
  /** The same numbers from here on as after any other call with that seed. */
  seed(seed: number): void
}

export function makeRandomness(seed: number): Randomness {
  let next = mulberry32(seed)
  const random = () => next()
  return Object.assign(random, {
    seed: (by: number) => {
      const drawn = new ClickRandom(by)
      next = () => drawn.next() / 2 ** 31
    },
  })
}

function mulberry32(seed: number): () => number {
  let a = seed | 0
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
