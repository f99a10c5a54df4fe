// The table class of a layout, generated: `get`, `peek`, `insert` and `remove` with one parameter
// for each key column, the hash of the key and the comparison written out. Tables of one layout
// share the class, so that an element's code stays monomorphic over its instances.

import { SEGMENT_LOG2 } from '../lib/limits.ts'
import { arrayOf, cellOf, type RowView, type RowViewClass } from './row.ts'
import type { Column, Layout } from './table-layout.ts'
import type { RowStore } from './table-rows.ts'

const SEGMENT_MASK = (1 << SEGMENT_LOG2) - 1

/** What generated classes have; key columns are passed in their declared order. */
export interface TableCode {
  readonly $c: RowStore
  get(...key: number[]): RowView | null
  peek(...key: number[]): RowView | null
  insert(bucket: number, ...key: number[]): RowView | null
  remove(...key: number[]): boolean
  /** Row number of a key, or -1. */
  $find(...key: number[]): number
  /** Hash of the key of row r. */
  $hashOf(r: number): number
  $drop(r: number): void
  /** Row with the key that lies at word b of other arrays; a new one where there is none; -1: full. */
  $take(bucket: number, at: RecordArrays, b: number): number
  /** As `$take`, but never a new one. */
  $seek(at: RecordArrays, b: number): number
}

/** Typed arrays over one memory: a record that lies there looks like a row. */
export interface RecordArrays {
  readonly i32: Int32Array
  readonly u32: Uint32Array
  readonly f64: Float64Array
  readonly u16: Uint16Array
  readonly u8: Uint8Array
}

export type TableClass = new (store: RowStore, View: RowViewClass) => TableCode

/** @param Base class with the methods that need no generated code */
export function tableClass(layout: Layout, Base: object): TableClass {
  const names = layout.keys.map((_, n) => `k${n}`)
  const list = names.join(', ')
  const clean = layout.keys.map(normalise).join('\n    ')
  const fromRecord = layout.keys
    .map((c, n) => `const k${n} = ${cellOf(c, `at.${fieldOf(c)}`, 'b')}`)
    .join('\n    ')
  const fromRow = layout.keys
    .map((c, n) => `const k${n} = ${cellOf(c, `c.${fieldOf(c)}[s]`, 'b')}`)
    .join('\n    ')
  const store = layout.keys
    .map((c, n) => `${cellOf(c, `c.${fieldOf(c)}[s]`, 'b')} = k${n}`)
    .join('\n    ')
  const source = `'use strict'
return class Table extends Base {
  constructor(store, View) {
    super()
    this.$c = store
    this.$v = new View(store)
    this.$p = new View(store)
  }
  get(${list}) {
    const r = this.$find(${list})
    return r < 0 ? null : this.$v.$at(r)
  }
  peek(${list}) {
    const r = this.$find(${list})
    return r < 0 ? null : this.$p.$at(r)
  }
  insert(bucket, ${list}) {
    ${clean}
    const h = this.$hash(${list})
    let r = this.$lookup(h, ${list})
    if (r < 0) {
      r = this.$new(bucket, h, ${list})
      if (r < 0) return null
    }
    return this.$v.$at(r)
  }
  remove(${list}) {
    ${clean}
    const h = this.$hash(${list})
    const r = this.$lookup(h, ${list})
    if (r < 0) return false
    this.$c.drop(r, h)
    return true
  }
  $find(${list}) {
    ${clean}
    return this.$lookup(this.$hash(${list}), ${list})
  }
  $new(bucket, h, ${list}) {
    const c = this.$c
    const r = c.add(bucket, h)
    if (r < 0) return -1
    const s = r >>> ${SEGMENT_LOG2}, b = (r & ${SEGMENT_MASK}) * ${layout.words}
    ${store}
    return r
  }
  $hash(${list}) {
    let h = this.$c.seed
    ${layout.keys.map(mixIn).join('\n    ')}
    h = Math.imul(h, 0x85ebca6b)
    h ^= h >>> 13
    h = Math.imul(h, 0xc2b2ae35)
    return h ^ (h >>> 16)
  }
  $lookup(h, ${list}) {
    const c = this.$c, x = c.index, m = c.mask
    let n = (h << 1) & m
    for (;;) {
      const q = x[n + 1]
      if (q === 0) break
      if (x[n] === h) {
        const r = q - 1, s = r >>> ${SEGMENT_LOG2}, b = (r & ${SEGMENT_MASK}) * ${layout.words}
        if (${compare(layout)}) return r
      }
      n = (n + 2) & m
    }
    return c.old === null ? -1 : this.$lookupOld(h, ${list})
  }
  $lookupOld(h, ${list}) {
    const c = this.$c, x = c.old, m = c.oldMask
    let n = (h << 1) & m
    for (;;) {
      const q = x[n + 1]
      if (q === 0) return -1
      if (q > 0 && x[n] === h) {
        const r = q - 1, s = r >>> ${SEGMENT_LOG2}, b = (r & ${SEGMENT_MASK}) * ${layout.words}
        if (${compare(layout)}) return r
      }
      n = (n + 2) & m
    }
  }
  $hashOf(r) {
    const c = this.$c, s = r >>> ${SEGMENT_LOG2}, b = (r & ${SEGMENT_MASK}) * ${layout.words}
    ${fromRow}
    return this.$hash(${list})
  }
  $drop(r) { this.$c.drop(r, this.$hashOf(r)) }
  $take(bucket, at, b) {
    ${fromRecord}
    const h = this.$hash(${list})
    const r = this.$lookup(h, ${list})
    return r < 0 ? this.$new(bucket, h, ${list}) : r
  }
  $seek(at, b) {
    ${fromRecord}
    return this.$lookup(this.$hash(${list}), ${list})
  }
}`
  return new Function('Base', source)(Base) as TableClass
}

/** Array of RowStore (and of RecordArrays) in which a key is kept: u32 keys as int32, unboxed. */
function fieldOf(c: Column): string {
  if (c.type === 'u32') return 'i32'
  const fields = { $i: 'i32', $w: 'u32', $f: 'f64', $h: 'u16', $u: 'u8' } as const
  return fields[arrayOf(c)]
}

function normalise(c: Column, n: number): string {
  switch (c.type) {
    case 'u8':
      return `k${n} = k${n} & 255`
    case 'u16':
      return `k${n} = k${n} & 65535`
    case 'f64':
      return `k${n} = +k${n} || 0` // NaN would never be found again; -0 is 0
    default:
      return `k${n} = k${n} | 0`
  }
}

function mixIn(c: Column, n: number): string {
  const word = (e: string) => `h = Math.imul(h ^ ${e}, 0x9e3779b1)\n    h ^= h >>> 15`
  if (c.type !== 'f64') return word(`k${n}`)
  return `${word(`(k${n} | 0)`)}\n    ${word(`((k${n} / 4294967296) | 0)`)}`
}

function compare(layout: Layout): string {
  return layout.keys.map((c, n) => `${cellOf(c, `c.${fieldOf(c)}[s]`, 'b')} === k${n}`).join(' && ')
}
