// The generator behind random(3) of the GNU C library, which Click draws from: with the same seed the
// same numbers come, so that what Click chooses at random with a seed is chosen here too.
//
// A lagged Fibonacci generator: each number is the sum of those 3 and 31 before it, without its
// lowest bit. The first 34 come from a multiplicative generator, and 310 are thrown away.

const LAG = 31
const WARM_UP = 310
/** How many numbers it draws from. */
const RANGE = 2 ** 31

export class ClickRandom {
  readonly #state = new Int32Array(LAG)
  #at = 3

  constructor(seed: number) {
    this.seed(seed)
  }

  seed(seed: number): void {
    const state = this.#state
    let word = seed | 0 || 1
    state[0] = word
    for (let i = 1; i < LAG; i++) {
      // 16807 * word mod 2^31 - 1, without leaving 53 bits; C's remainder has the sign of its operand.
      word = (16_807 * word) % 0x7fff_ffff
      if (word < 0) word += 0x7fff_ffff
      state[i] = word
    }
    this.#at = 3
    for (let i = 0; i < WARM_UP; i++) this.next()
  }

  /** An integer from 0 to 2^31 - 1. */
  next(): number {
    const state = this.#state
    const at = this.#at
    const sum = (state[at]! + state[(at + LAG - 3) % LAG]!) | 0
    state[at] = sum
    this.#at = (at + 1) % LAG
    return sum >>> 1
  }
}

/**
 * An integer from 0 to below n (1 to 2^32) as Click draws it from such a generator.
 * @param random gives numbers in [0, 1), multiples of 2^-31 where they count
 */
export function drawBelow(random: () => number, n: number): number {
  const draw = () => Math.floor(random() * RANGE)
  if (n === 2) return (draw() >>> 14) & 1
  if (n > RANGE) return wide(draw, n)
  const count = Math.floor(RANGE / n)
  // What lies beyond the last whole share would favour some numbers.
  let value = draw()
  while (value >= count * n) value = draw()
  return Math.floor(value / count)
}

function wide(draw: () => number, n: number): number {
  const both = () => ((draw() << 17) ^ (draw() >>> 14)) >>> 0
  let value = both()
  while (value >= n) value = both()
  return value
}
