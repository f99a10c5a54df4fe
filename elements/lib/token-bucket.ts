// Token buckets, with Click's arithmetic: so many tokens a second come in, up to a capacity. Time goes
// in whole milliseconds, and tokens in units of which a full bucket has 2^32 - 1, so that the same
// packets pass at the same times as there.
//
// What a bucket holds is state (BUCKET, a cell's columns): it moves. Its rate is a setting.

const FULL = 0xffff_ffff

/** Columns of a cell that holds a bucket. Zero at first: it is then full when first looked at. */
export const BUCKET = { tokens: 'f64', at: 'time', started: 'u8' } as const

export interface Bucket {
  tokens: number
  at: number
  started: number
}

export class TokenRate {
  /** Tokens a second, as configured. */
  readonly wanted: number
  /** Units of a token. */
  readonly #scale: number
  /** Units that come in a millisecond. */
  readonly #perMs: number
  readonly #msUntilFull: number

  /** @param capacity tokens held at most, and a millisecond's worth at least; 0: none come */
  constructor(wanted: number, capacity: number) {
    this.wanted = wanted
    const most = capacity === 0 ? FULL : Math.max(capacity, Math.ceil(wanted / 1000))
    const rate = capacity === 0 ? 0 : wanted
    this.#scale = Math.floor(FULL / Math.min(most, FULL))
    this.#perMs = rate === 0 ? 0 : Math.max(1, Math.floor((rate * this.#scale) / 1000))
    this.#msUntilFull = rate === 0 ? Infinity : Math.ceil(FULL / this.#perMs)
  }

  /** Tokens a second that really come. */
  get rate(): number {
    return Math.floor((this.#perMs * 1000 + Math.floor(this.#perMs / 2)) / this.#scale)
  }

  /** Lets the tokens come in that are due. */
  refill(bucket: Bucket, nowMs: number): void {
    if (bucket.started === 0) {
      bucket.started = 1
      bucket.tokens = FULL
      bucket.at = nowMs
      return
    }
    const ms = Math.floor(nowMs) - Math.floor(bucket.at)
    if (ms <= 0) return
    const units = bucket.tokens + ms * this.#perMs
    bucket.tokens = ms >= this.#msUntilFull || units > FULL ? FULL : units
    bucket.at = nowMs
  }

  contains(bucket: Bucket, n: number): boolean {
    return bucket.tokens >= n * this.#scale && n * this.#scale <= FULL
  }

  /** Takes n tokens, or as many as there are. */
  remove(bucket: Bucket, n: number): void {
    bucket.tokens = Math.max(0, bucket.tokens - n * this.#scale)
  }

  /** Milliseconds until there are n tokens; Infinity: there never will be. */
  msUntil(bucket: Bucket, n: number): number {
    const units = n * this.#scale - bucket.tokens
    if (units <= 0) return 0
    return this.#perMs === 0 || n * this.#scale > FULL ? Infinity : Math.ceil(units / this.#perMs)
  }

  /** As many tokens as before, now that this rate takes the place of another. */
  adjust(bucket: Bucket, old: TokenRate): void {
    bucket.tokens = Math.min(FULL, Math.floor(bucket.tokens / old.#scale) * this.#scale)
  }
}
