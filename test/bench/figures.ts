// What benchmarks say of many values, and how they wait.

import { realClock } from '../../lib/clock.ts'

export const sleep = (ms: number): Promise<void> => realClock.sleep(ms)

export interface Distribution {
  readonly min: number
  readonly median: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** NaN where there are no values. */
export function distribution(values: readonly number[]): Distribution {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { min: at(0), median: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) }
}

export function median(values: readonly number[]): number {
  return distribution(values).median
}
