// The table class of a layout, generated: `get`, `peek`, `insert` and `remove` with one parameter
// for each key column, the hash of the key and the comparison written out. Tables of one layout
// share the class, so that an element's code stays monomorphic over its instances.
//
// Small key columns are first packed into 32-bit words w0, w1, …, as they lie in the row; f64 keys
// stay numbers d0, d1, …. Hash and comparison work on these. The hash multiplies the words side
// by side (no long chain of dependent steps) and ends with the finaliser of MurmurHash3.

import { SEGMENT_LOG2 } from '../lib/limits.ts'
import type { RowView, RowViewClass } from './row.ts'
import type { Column, KeyWord, Layout } from './table-layout.ts'
import type { RecordArrays, RowStore } from './table-rows.ts'

/** What generated classes have; key columns are passed in their declared order. */
export interface TableCode {
  readonly $c: RowStore
  get(...key: number[]): RowView | null
  peek(...key: number[]): RowView | null
  insert(bucket: number, ...key: number[]): RowView | null
  remove(...key: number[]): boolean
  $drop(r: number): void
  /** Row with the key that lies at word b of other arrays; a new one where there is none; -1: full. */
  $take(bucket: number, at: RecordArrays, b: number): number
  /** As `$take`, but never a new one. */
  $seek(at: RecordArrays, b: number): number
}

export type TableClass = new (store: RowStore, View: RowViewClass) => TableCode

/** Odd, without pattern: the golden ratio's, and constants of MurmurHash3 and xxHash32. */
const MULTIPLIERS = [
  0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1, 0xcc9e2d51, 0x1b873593, 0xe6546b65,
]

/** @param Base class with the methods that need no generated code */
export function tableClass(layout: Layout, Base: object): TableClass {
  const keys = layout.keys.map((_, n) => `k${n}`).join(', ')
  const doubles = layout.keys.filter((c) => c.type === 'f64')
  const words = [...layout.keyWords.map((_, n) => `w${n}`), ...doubles.map((_, n) => `d${n}`)].join(
    ', ',
  )
  const row = `s = r >>> ${SEGMENT_LOG2}, b = (r & ${(1 << SEGMENT_LOG2) - 1}) * ${layout.words}`
  const found = `const r = q - 1, ${row}
        const i = c.i32[s]
        if (${compare(layout, doubles)}) return r`
  const fromKey = packing(layout, doubles)
  const fromRow = reading(layout, doubles)
  const rowArrays = `i = c.i32[s]${doubles.length > 0 ? ', f = c.f64[s]' : ''}`
  const source = `'use strict'
return class Table extends Base {
  constructor(store, View) {
    super()
    this.$c = store
    this.$v = new View(store)
    this.$p = new View(store)
  }
  get(${keys}) {
    ${fromKey}
    ${hashing(layout, doubles)}
    const r = this.$lookup(h, ${words})
    return r < 0 ? null : this.$v.$at(r)
  }
  peek(${keys}) {
    ${fromKey}
    ${hashing(layout, doubles)}
    const r = this.$lookup(h, ${words})
    return r < 0 ? null : this.$p.$at(r)
  }
  insert(bucket, ${keys}) {
    ${fromKey}
    const r = this.$enter(bucket, ${words})
    return r < 0 ? null : this.$v.$at(r)
  }
  remove(${keys}) {
    ${fromKey}
    ${hashing(layout, doubles)}
    const r = this.$lookup(h, ${words})
    if (r < 0) return false
    this.$c.drop(r, h)
    return true
  }
  $enter(bucket, ${words}) {
    ${hashing(layout, doubles)}
    const old = this.$lookup(h, ${words})
    if (old >= 0) return old
    const c = this.$c
    const r = c.add(bucket, h)
    if (r < 0) return -1
    const ${row}, ${rowArrays}
    ${writing(layout, doubles)}
    return r
  }
  $lookup(h, ${words}) {
    const c = this.$c, x = c.index, m = c.mask
    let n = (h << 1) & m
    for (;;) {
      const q = x[n + 1]
      if (q === 0) break
      if (x[n] === h) {
        ${found}
      }
      n = (n + 2) & m
    }
    return c.old === null ? -1 : this.$lookupOld(h, ${words})
  }
  $lookupOld(h, ${words}) {
    const c = this.$c, x = c.old, m = c.oldMask
    let n = (h << 1) & m
    for (;;) {
      const q = x[n + 1]
      if (q === 0) return -1
      if (q > 0 && x[n] === h) {
        ${found}
      }
      n = (n + 2) & m
    }
  }
  $drop(r) {
    const c = this.$c, ${row}, ${rowArrays}
    ${fromRow}
    ${hashing(layout, doubles)}
    c.drop(r, h)
  }
  $take(bucket, at, b) {
    const i = at.i32, f = at.f64
    ${fromRow}
    return this.$enter(bucket, ${words})
  }
  $seek(at, b) {
    const i = at.i32, f = at.f64
    ${fromRow}
    ${hashing(layout, doubles)}
    return this.$lookup(h, ${words})
  }
}`
  return new Function('Base', source)(Base) as TableClass
}

/** Words out of the parameters k0, k1, …. */
function packing(layout: Layout, doubles: readonly Column[]): string {
  const words = layout.keyWords.map((w, n) => {
    const parts = w.parts.map(({ key, shift }) => {
      const bytes = layout.keys[key]!.bytes
      const part = bytes === 4 ? `k${key}` : `(k${key} & ${bytes === 2 ? 65535 : 255})`
      return shift === 0 ? part : `(${part} << ${shift})`
    })
    return `const w${n} = ${parts.length === 1 ? `${parts[0]} | 0` : parts.join(' | ')}`
  })
  // NaN would never be found again; -0 is 0.
  const numbers = doubles.map((c, n) => `const d${n} = +k${layout.keys.indexOf(c)} || 0`)
  return [...words, ...numbers].join('\n    ')
}

/** Words out of a row or record at word b of `i` and `f`. */
function reading(layout: Layout, doubles: readonly Column[]): string {
  const words = layout.keyWords.map((w, n) => `const w${n} = ${wordAt(w, 'i')}`)
  const numbers = doubles.map((c, n) => `const d${n} = f[(b >>> 1) + ${c.offset >>> 3}] || 0`)
  return [...words, ...numbers].join('\n    ')
}

function writing(layout: Layout, doubles: readonly Column[]): string {
  const words = layout.keyWords.map((w, n) => `i[b + ${w.at}] = w${n}`)
  const numbers = doubles.map((c, n) => `f[(b >>> 1) + ${c.offset >>> 3}] = d${n}`)
  return [...words, ...numbers].join('\n    ')
}

function compare(layout: Layout, doubles: readonly Column[]): string {
  const words = layout.keyWords.map((w, n) => `${wordAt(w, 'i')} === w${n}`)
  const numbers = doubles.map((c, n) => `c.f64[s][(b >>> 1) + ${c.offset >>> 3}] === d${n}`)
  return [...words, ...numbers].join(' && ')
}

function wordAt(w: KeyWord, i: string): string {
  const word = `${i}[b + ${w.at}]`
  return w.mask === -1 ? word : `(${word} & ${w.mask})`
}

function hashing(layout: Layout, doubles: readonly Column[]): string {
  const inputs = [
    ...layout.keyWords.map((_, n) => `w${n}`),
    ...doubles.flatMap((_, n) => [`(d${n} | 0)`, `((d${n} / 4294967296) | 0)`]),
  ]
  // High bits are folded down first: a product's low bits do not depend on them.
  const terms = inputs.map((e, n) => {
    const by = MULTIPLIERS[n % MULTIPLIERS.length]!
    return `Math.imul((${e} ^ z) ^ ((${e} ^ z) >>> ${15 + (n % 3)}), ${by})`
  })
  const sum = terms.reduce((a, t, n) => `(${a} ${n % 2 === 1 ? '+' : '^'} ${t})`)
  return `const z = this.$c.seed
    let h = ${sum} | 0
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
    h ^= h >>> 16`
}
