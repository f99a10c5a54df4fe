// Sets of aggregates as AggregateFilter has them: ranges that do not overlap, found by halving.

export interface Ranges {
  /** Lowest and highest aggregate of each range, ascending, as unsigned numbers in doubles. */
  readonly low: Float64Array
  readonly high: Float64Array
  readonly action: Int32Array
}

export const HIGHEST = 0xffff_ffff

interface Range {
  readonly low: number
  readonly high: number
  readonly action: number
}

/** Adds ranges; what is taken by an earlier one stays the earlier one's. */
export class RangesMaker {
  #ranges: Range[] = []
  /** Ranges that got an action, over all calls of `add`. */
  added = 0

  /** Aggregates of low to high get `action`; the first of them that has one already, or null. */
  add(low: number, high: number, action: number): { at: number; action: number } | null {
    const merged: Range[] = []
    let taken: { at: number; action: number } | null = null
    let from = low
    for (const range of this.#ranges) {
      if (range.high < low || range.low > high) continue
      taken ??= { at: Math.max(low, range.low), action: range.action }
      if (range.low > from) merged.push({ low: from, high: range.low - 1, action })
      from = range.high + 1
    }
    if (from <= high) merged.push({ low: from, high, action })
    this.added += merged.length
    this.#ranges = [...this.#ranges, ...merged].sort((a, b) => a.low - b.low)
    return taken
  }

  done(): Ranges {
    return {
      low: Float64Array.from(this.#ranges, (range) => range.low),
      high: Float64Array.from(this.#ranges, (range) => range.high),
      action: Int32Array.from(this.#ranges, (range) => range.action),
    }
  }
}

/** The action of an aggregate; `none` where it is in no range. */
export function actionOf(ranges: Ranges, aggregate: number, none: number): number {
  let from = 0
  let to = ranges.low.length - 1
  while (from <= to) {
    const middle = (from + to) >> 1
    if (aggregate < ranges.low[middle]!) to = middle - 1
    else if (aggregate > ranges.high[middle]!) from = middle + 1
    else return ranges.action[middle]!
  }
  return none
}
