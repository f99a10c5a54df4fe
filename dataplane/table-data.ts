// Rows as plain data and back, generated for each layout: what upgrade steps and merges work on.

import type { RowData } from './declare.ts'
import { arrayOf, cellOf } from './row.ts'
import type { Column, Layout } from './table-layout.ts'
import type { RecordArrays } from './table-rows.ts'

export interface DataCode {
  /** Columns of the row whose first word is at b. */
  read(at: RecordArrays, b: number): RowData
  /** Values of the key columns, in declared order. */
  keyOf(row: RowData): (number | Uint8Array | undefined)[]
  /** Writes every column. Throws where the data lacks one, or has it in another form. */
  write(at: RecordArrays, b: number, data: RowData): void
}

const ARRAYS = 'const $i = at.i32, $w = at.u32, $f = at.f64, $h = at.u16, $u = at.u8'

export function dataCode(layout: Layout): DataCode {
  // Steps spread rows into larger ones. V8 clones the hidden class of a spread object, and each
  // property that is then added costs a microsecond; not so where the object has a private field,
  // which nobody sees: its properties are copied one by one, in a few hundred nanoseconds in all.
  const source = `'use strict'
class Given { constructor(row) { return row } }
class Copied extends Given { #copied = 0 }
return {
  read(at, b) {
    ${ARRAYS}
    return new Copied({ ${layout.columns.map((c) => `${c.name}: ${reading(c)}`).join(', ')} })
  },
  keyOf(row) {
    return [${layout.keys.map((c) => `row.${c.name}`).join(', ')}]
  },
  write(at, b, data) {
    ${ARRAYS}
    let v
    ${layout.columns.map(writing).join('\n    ')}
  },
}`
  return new Function(source)() as DataCode
}

function reading(c: Column): string {
  if (c.type.startsWith('bytes')) return `$u.slice(${span(c)})`
  return cellOf(c, arrayOf(c), 'b')
}

function writing(c: Column): string {
  if (c.type.startsWith('bytes'))
    return `v = data.${c.name}
    if (!(v instanceof Uint8Array) || v.length !== ${c.bytes})
      throw new Error('column ${c.name}: ${c.bytes} bytes are missing')
    $u.set(v, b * 4 + ${c.offset})`
  return `v = data.${c.name}
    if (typeof v !== 'number') throw new Error('column ${c.name}: a number is missing')
    ${cellOf(c, arrayOf(c), 'b')} = v`
}

function span(c: Column): string {
  return `b * 4 + ${c.offset}, b * 4 + ${c.offset + c.bytes}`
}
