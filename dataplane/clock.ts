// The two clocks of a router: the machine's, and one for simulation that stands still until the
// loop jumps to the next timer.

export interface RouterClock {
  /** Milliseconds that only go up, from an arbitrary start. */
  nowMs(): number
  /** Microseconds since the epoch. */
  epochUs(): number
}

export const machineClock: RouterClock = Object.freeze({
  nowMs: () => performance.now(),
  epochUs: () => Math.round((performance.timeOrigin + performance.now()) * 1000),
})

/** Click's --simtime: time passes only when the router has nothing to do. */
export class SimulatedClock implements RouterClock {
  readonly #startUs: number
  #ms = 0

  /** @param startSec simulated seconds since the epoch at the start */
  constructor(startSec: number) {
    this.#startUs = startSec * 1e6
  }

  /** Each look lets a nanosecond pass, as in Click: what waits for time to pass is not stuck. */
  nowMs(): number {
    const now = this.#ms
    this.#ms += 1e-6
    return now
  }

  epochUs(): number {
    return this.#startUs + Math.round(this.#ms * 1000)
  }

  advanceTo(ms: number): void {
    if (ms > this.#ms) this.#ms = ms
  }
}
