// Rows, records and plain data: copying a row's columns into a record of a chunk and back, turning
// times into ages and back, and walking a row through upgrade and downgrade steps.
//
// A time of 0 means "never" and stays 0; its age travels as NaN.

import { ClickUpError } from '../lib/errors.ts'
import { SEGMENT_LOG2 } from '../lib/limits.ts'
import { RECORD_HEADER_WORDS } from './chunk.ts'
import type { CellDecl, TableDecl } from './declare.ts'
import type { StateSchema } from './schema.ts'
import { stateId } from './schema.ts'
import { classesOf } from './table.ts'
import { HEADER_WORDS, type Layout, layoutOf } from './table-layout.ts'
import type { RecordArrays, RowStore } from './table-rows.ts'

const SEGMENT_MASK = (1 << SEGMENT_LOG2) - 1

/** Where a record starts, seen as the row whose columns it holds: its first word is this far off. */
export const RECORD_SHIFT = RECORD_HEADER_WORDS - HEADER_WORDS

export function layoutOfSchema(s: StateSchema): Layout {
  const part = (key: boolean) =>
    Object.fromEntries(s.columns.filter((c) => c.key === key).map((c) => [c.name, c.type]))
  return layoutOf(part(true), part(false))
}

export function recordBytes(layout: Layout): number {
  return (layout.words - HEADER_WORDS + RECORD_HEADER_WORDS) * 4
}

/** Copies columns from word `from` to word `to`, each the first word of a row (or seen as one). */
export function copyColumns(
  layout: Layout,
  source: Int32Array,
  from: number,
  target: Int32Array,
  to: number,
): void {
  for (let w = HEADER_WORDS; w < layout.words; w++) target[to + w] = source[from + w]!
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
export function arraysOf(rows: RowStore, r: number): RecordArrays {
  return rows.segments[r >>> SEGMENT_LOG2]!
}

export function firstWord(rows: RowStore, r: number): number {
  return (r & SEGMENT_MASK) * rows.words
}

/** A place where columns lie: layout, arrays, and the first word of the row (or seen as one). */
export interface Place {
  readonly layout: Layout
  readonly at: RecordArrays
  readonly b: number
}

/** Walks a row from one version to another by the steps that `decl` declares. */
export function convertInto(
  decl: TableDecl | CellDecl,
  schema: StateSchema,
  source: Place,
  from: number,
  target: Place,
  to: number,
): void {
  let row = classesOf(source.layout).data.read(source.at, source.b)
  try {
    for (let v = from; v < to; v++) row = decl.upgrade![v]!(row)
    for (let v = from; v > to; v--) row = decl.downgrade![v - 1]!(row)
    classesOf(target.layout).data.write(target.at, target.b, row)
  } catch (cause) {
    throw new ClickUpError(
      'INCOMPATIBLE',
      `state ${stateId(schema)}: a row of version ${from} could not be made one of version ${to}: ` +
        `${cause instanceof Error ? cause.message : String(cause)}`,
      `Mend the upgrade and downgrade steps of ${schema.className}'s state '${schema.state}'.`,
    )
  }
}
