// Rows and records: copying a row's columns into a record of a chunk and back, and turning times into
// ages and back.
//
// A time of 0 means "never" and stays 0; its age travels as NaN.

import { RECORD_HEADER_WORDS } from './chunk.ts'
import type { StateSchema } from './schema.ts'
import { type Layout, layoutOf } from './table-layout.ts'
import type { RecordArrays, RowStore } from './table-rows.ts'

/** Where a record starts, seen as the row whose columns it holds: its first word is this far off. */
export const RECORD_SHIFT = RECORD_HEADER_WORDS

export function layoutOfSchema(s: StateSchema): Layout {
  const part = (key: boolean) =>
    Object.fromEntries(s.columns.filter((c) => c.key === key).map((c) => [c.name, c.type]))
  return layoutOf(part(true), part(false))
}

export function recordBytes(layout: Layout): number {
  return (((layout.dataWords + 1) & ~1) + RECORD_HEADER_WORDS) * 4
}

/** Copies columns from word `from` to word `to`, each the first word of a row (or seen as one). */
export function copyColumns(
  layout: Layout,
  source: Int32Array,
  from: number,
  target: Int32Array,
  to: number,
): void {
  for (let w = 0; w < layout.dataWords; w++) target[to + w] = source[from + w]!
}

export function timesToAges(layout: Layout, f64: Float64Array, b: number, nowMs: number): void {
  for (const t of layout.times) {
    const at = (b >> 1) + t
    const time = f64[at]!
    f64[at] = time === 0 ? Number.NaN : nowMs - time
  }
}

export function agesToTimes(layout: Layout, f64: Float64Array, b: number, nowMs: number): void {
  for (const t of layout.times) {
    const at = (b >> 1) + t
    const age = f64[at]!
    f64[at] = Number.isNaN(age) ? 0 : nowMs - age
  }
}

/** Arrays and first word of a row. */
export function arraysOf(rows: RowStore, _r: number): RecordArrays {
  return rows
}

export function firstWord(rows: RowStore, r: number): number {
  return r * rows.words
}
