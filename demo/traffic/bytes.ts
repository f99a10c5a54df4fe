// The checked byte stream of a connection: a fixed pseudo-random sequence made from a seed, so that
// either end can tell for every byte whether it is the one that must come next.

/** An endless sequence of bytes (xorshift32, Marsaglia 2003); the same for the same seed. */
export class ByteStream {
  #state: number
  /** Bytes made or checked so far. */
  count = 0

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e3779b1) | 1
  }

  #next(): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x
    this.count++
    return x & 0xff
  }

  make(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    for (let i = 0; i < length; i++) bytes[i] = this.#next()
    return bytes
  }

  /** True when `bytes` are exactly the next ones of the sequence. */
  check(bytes: Uint8Array): boolean {
    for (let i = 0; i < bytes.length; i++) if (bytes[i] !== this.#next()) return false
    return true
  }
}
