// Row views: one generated class for each layout, with a getter and a setter for every column over
// the typed arrays of the table. Generated, so that every access is a load
// or store at a constant offset. Columns of 8 bytes are aligned; 32-bit integers never leave their
// unboxed form.
//
//   $c  the RowStore        $r  row number         $b  index of the row's first word in $i
//   $i $w $f $h $u  the table's arrays, taken anew once it has grown
//
// A setter marks its row as changed only while a move tracks the table: one load and test. Key
// columns have no setter: assigning one throws. A `bytesN` column is read into a scratch array of
// the view (its content stays until the column is read again) and written by assigning an array.

import type { Column, Layout } from './table-layout.ts'
import type { RowStore } from './table-rows.ts'

export interface RowView {
  readonly $c: RowStore
  $r: number
  /** Shows row r from now on. */
  $at(r: number): this
}

export type RowViewClass = new (store: RowStore) => RowView

/** Arrays by element size and kind: field of the view, field of RowStore. */
const ARRAYS = { $i: 'i32', $w: 'u32', $f: 'f64', $h: 'u16', $u: 'u8' } as const
type ArrayField = keyof typeof ARRAYS

export function rowViewClass(layout: Layout): RowViewClass {
  const used = new Set<ArrayField>(['$i', ...layout.columns.map((c) => arrayOf(c))])
  const fields = [...used]
  const scratch = layout.columns.filter((c) => c.type.startsWith('bytes'))
  const source = `'use strict'
return class Row {
  constructor(store) {
    this.$c = store
    this.$r = 0
    this.$b = 0
    ${fields.map((f) => `this.${f} = store.${ARRAYS[f]}`).join('\n    ')}
    ${scratch.map((c) => `this.$x_${c.name} = new Int32Array(${c.bytes / 4})`).join('\n    ')}
    ${scratch.map((c) => `this.$y_${c.name} = new Uint8Array(this.$x_${c.name}.buffer)`).join('\n    ')}
  }
  $at(r) {
    const b = Math.imul(r, ${layout.words})
    if (b + ${layout.words} > this.$i.length) this.$show()
    this.$r = r
    this.$b = b
    return this
  }
  $show() {
    const c = this.$c
    ${fields.map((f) => `this.${f} = c.${ARRAYS[f]}`).join('\n    ')}
  }
${layout.columns.map(accessors).join('\n')}
}`
  return new Function(source)() as RowViewClass
}

/** Expression for a column of the row whose first word is at index `b` of the segment's words. */
export function cellOf(c: Column, array: string, b: string): string {
  switch (arrayOf(c)) {
    case '$f':
      return `${array}[(${b} >>> 1) + ${c.offset >>> 3}]`
    case '$h':
      return `${array}[(${b} << 1) + ${c.offset >>> 1}]`
    case '$u':
      return `${array}[(${b} << 2) + ${c.offset}]`
    default:
      return `${array}[${b} + ${c.offset >>> 2}]`
  }
}

export function arrayOf(c: Column): ArrayField {
  switch (c.type) {
    case 'f64':
    case 'time':
      return '$f'
    case 'u16':
      return '$h'
    case 'u8':
      return '$u'
    case 'u32':
      return '$w'
    default:
      return '$i'
  }
}

function accessors(c: Column): string {
  if (c.type.startsWith('bytes')) return bytesAccessors(c)
  const cell = cellOf(c, `this.${arrayOf(c)}`, 'this.$b')
  const get = `  get ${c.name}() { return ${cell} }`
  if (c.key) return get
  return `${get}
  set ${c.name}(v) { ${cell} = v; if (this.$c.tracking !== 0) this.$c.touch(this.$r) }`
}

function bytesAccessors(c: Column): string {
  const words = c.bytes / 4
  const at = `this.$b + ${c.offset >>> 2}`
  return `  get ${c.name}() {
    const x = this.$x_${c.name}, i = this.$i, b = ${at}
    for (let k = 0; k < ${words}; k++) x[k] = i[b + k]
    return this.$y_${c.name}
  }
  set ${c.name}(v) {
    const x = this.$x_${c.name}, y = this.$y_${c.name}, i = this.$i, b = ${at}
    if (v !== y) {
      const n = v.length < ${c.bytes} ? v.length : ${c.bytes}
      for (let k = 0; k < n; k++) y[k] = v[k]
      for (let k = n; k < ${c.bytes}; k++) y[k] = 0
    }
    for (let k = 0; k < ${words}; k++) i[b + k] = x[k]
    if (this.$c.tracking !== 0) this.$c.touch(this.$r)
  }`
}
