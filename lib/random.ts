// Seeded random numbers: the only source of chance, so that a run can be repeated. The generator is
// xorshift128 (Marsaglia, "Xorshift RNGs", 2003), its state filled from the seed by a
// multiplicative mixer, so that neighbouring seeds have nothing in common.

export class Random {
  #x: number
  #y: number
  #z: number
  #w: number

  constructor(seed: number) {
    const fill = (i: number): number => {
      let h = Math.imul((seed | 0) + Math.imul(i, 0x9e3779b9), 0x85ebca6b)
      h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35)
      return h ^ (h >>> 13)
    }
    this.#x = fill(1)
    this.#y = fill(2)
    this.#z = fill(3)
    this.#w = fill(4) | 1 // never all zero
    for (let i = 0; i < 8; i++) this.u32()
  }

  /** 0 .. 2^32 - 1. */
  u32(): number {
    let t = this.#x
    t ^= t << 11
    t ^= t >>> 8
    this.#x = this.#y
    this.#y = this.#z
    this.#z = this.#w
    this.#w = this.#w ^ (this.#w >>> 19) ^ t
    return this.#w >>> 0
  }

  /** [0, 1). */
  next(): number {
    return this.u32() / 0x1_0000_0000
  }

  /** 0 .. n - 1. */
  below(n: number): number {
    return Math.floor(this.next() * n)
  }

  /** from .. to, both included. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1)
  }

  /** True so often: 0 never, 1 always. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError('pick from an empty list')
    return list[this.below(list.length)] as T
  }
}
