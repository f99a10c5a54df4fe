// A token bucket: so many tokens a second come in, up to a burst; taking some needs them there.

export class TokenBucket {
  readonly rate: number
  readonly burst: number
  #tokens: number
  #atMs: number

  /** @param rate tokens a second @param burst most that it holds @param tokens held at first */
  constructor(rate: number, burst: number, tokens: number, nowMs: number) {
    this.rate = rate
    this.burst = burst
    this.#tokens = Math.min(tokens, burst)
    this.#atMs = nowMs
  }

  /** Takes n tokens, or none and false. */
  take(n: number, nowMs: number): boolean {
    if (nowMs > this.#atMs) {
      this.#tokens = Math.min(this.burst, this.#tokens + ((nowMs - this.#atMs) * this.rate) / 1000)
      this.#atMs = nowMs
    }
    // A billionth less is enough: times are fractions, and waiting for it takes no time.
    if (this.#tokens < n - 1e-9) return false
    this.#tokens -= n
    return true
  }

  /** Milliseconds from the last look until n tokens are there; Infinity: never. */
  msUntil(n: number): number {
    if (this.#tokens >= n) return 0
    return this.rate > 0 ? ((n - this.#tokens) * 1000) / this.rate : Infinity
  }
}
