// The router's generator of random numbers. Until it is seeded by hand it is mulberry32: small, quick,
// good enough for drops, shuffles and back-off. RandomSeed makes it the additive feedback generator of
// the C library (x[i] = x[i-3] + x[i-31], the lowest bit left off), so that a configuration with a seed
// draws what it draws in Click.

export interface Randomness {
  /** In [0, 1). */
  (): number
  /** The same numbers from here on as after any other call with that seed. */
  seed(seed: number): void
}

const LAGS = 31
const SHORT_LAG = 3
/** Numbers that are thrown away after a seed. */
const WARM_UP = 310

export function makeRandomness(seed: number): Randomness {
  let next = mulberry32(seed)
  const random = () => next()
  return Object.assign(random, {
    seed: (by: number) => {
      next = additiveFeedback(by)
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

function additiveFeedback(seed: number): () => number {
  const ring = new Int32Array(LAGS)
  ring[0] = seed === 0 ? 1 : seed
  // Lehmer's generator fills the ring.
  for (let i = 1; i < LAGS; i++) {
    const product = Number((16807n * BigInt(ring[i - 1]!)) % 2147483647n)
    ring[i] = product < 0 ? product + 2147483647 : product
  }
  let at = 0
  const draw = () => {
    const other = at >= SHORT_LAG ? at - SHORT_LAG : at - SHORT_LAG + LAGS
    const sum = (ring[at]! + ring[other]!) | 0
    ring[at] = sum
    at = at + 1 < LAGS ? at + 1 : 0
    return sum >>> 1
  }
  for (let i = 0; i < WARM_UP; i++) draw()
  return () => draw() / 2147483648
}
