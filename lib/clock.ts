// The clock: the only place that asks for the time or sets a timer, so that control-plane code can
// be run with another one (tests, the simulator). Times are milliseconds that only go up.

export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back. */
  now(): number
  /** Milliseconds since the epoch: for people to read, never for deciding. */
  wall(): number
  after(ms: number, run: () => void): Timer
  sleep(ms: number): Promise<void>
}

export const realClock: Clock = Object.freeze({
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms: number, run: () => void): Timer {
    const handle = setTimeout(run, ms)
    return { cancel: () => clearTimeout(handle) }
  },
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
})

/**
 * The machine's monotonic clock (CLOCK_MONOTONIC), in milliseconds: times of several processes of a
 * host compare. For measuring and reporting; waiting goes by a Clock.
 */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
