// Rows, records and plain data: copying a row's columns into a record of a chunk and back, turning
// times into ages and back, and walking a row through upgrade and downgrade steps.
//
// A time of 0 means "never" and stays 0; its age travels as NaN.

import { ClickUpError } from '../lib/errors.ts'
import { SEGMENT_LOG2 } from '../lib/limits.ts'
import { RECORD_HEADER_WORDS } from './chunk.ts'
import type { CellDecl, RowData, TableDecl } from './declare.ts'
import type { StateSchema } from './schema.ts'
import { stateId } from './schema.ts'
import type { RecordArrays } from './table-code.ts'
import { HEADER_WORDS, type Layout, layoutOf } from './table-layout.ts'
import type { RowStore } from './table-rows.ts'

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
  const s = r >>> SEGMENT_LOG2
  return { i32: rows.i32[s]!, f64: rows.f64[s]! }
}

export function firstWord(rows: RowStore, r: number): number {
  return (r & SEGMENT_MASK) * rows.words
}

/** Columns as plain data. */
export function readColumns(layout: Layout, at: RecordArrays, b: number): RowData {
  const view = new DataView(at.i32.buffer as ArrayBuffer, at.i32.byteOffset)
  const data: RowData = {}
  for (const c of layout.columns) {
    const o = b * 4 + c.offset
    switch (c.type) {
      case 'u8':
        data[c.name] = view.getUint8(o)
        break
      case 'u16':
        data[c.name] = view.getUint16(o, true)
        break
      case 'u32':
        data[c.name] = view.getUint32(o, true)
        break
      case 'i32':
        data[c.name] = view.getInt32(o, true)
        break
      case 'f64':
      case 'time':
        data[c.name] = view.getFloat64(o, true)
        break
      default:
        data[c.name] = bytesAt(view, o, c.bytes)
    }
  }
  return data
}

/** Writes every column. Throws where the data lacks one, or has it in another form. */
export function writeColumns(layout: Layout, at: RecordArrays, b: number, data: RowData): void {
  const view = new DataView(at.i32.buffer as ArrayBuffer, at.i32.byteOffset)
  for (const c of layout.columns) {
    const o = b * 4 + c.offset
    const value = Object.hasOwn(data, c.name) ? data[c.name] : undefined
    if (c.type.startsWith('bytes')) {
      if (!(value instanceof Uint8Array) || value.length !== c.bytes)
        throw new Error(`column ${c.name}: ${c.bytes} bytes are missing`)
      for (let n = 0; n < c.bytes; n++) view.setUint8(o + n, value[n]!)
      continue
    }
    if (typeof value !== 'number') throw new Error(`column ${c.name}: a number is missing`)
    if (c.bytes === 1) view.setUint8(o, value)
    else if (c.bytes === 2) view.setUint16(o, value, true)
    else if (c.bytes === 4) view.setInt32(o, value, true)
    else view.setFloat64(o, value, true)
  }
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
  let row = readColumns(source.layout, source.at, source.b)
  try {
    for (let v = from; v < to; v++) row = decl.upgrade![v]!(row)
    for (let v = from; v > to; v--) row = decl.downgrade![v - 1]!(row)
    writeColumns(target.layout, target.at, target.b, row)
  } catch (cause) {
    throw new ClickUpError(
      'INCOMPATIBLE',
      `state ${stateId(schema)}: a row of version ${from} could not be made one of version ${to}: ` +
        `${cause instanceof Error ? cause.message : String(cause)}`,
      `Mend the upgrade and downgrade steps of ${schema.className}'s state '${schema.state}'.`,
    )
  }
}

function bytesAt(view: DataView, o: number, n: number): Uint8Array {
  const bytes = new Uint8Array(n)
  for (let k = 0; k < n; k++) bytes[k] = view.getUint8(o + k)
  return bytes
}
