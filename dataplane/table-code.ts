// The table class of a layout, generated: `get`, `peek`, `insert` and `remove` with one parameter
// for each key column, the hash of the key and the comparison written out. Tables of one layout
// share the class, so that an element's code stays monomorphic over its instances.
//
// Small key columns are first packed into 32-bit words w0, w1, …, as they lie in the row; f64 keys
// stay numbers d0, d1, …. Hash and comparison work on these. The hash multiplies the words side
// by side (no long chain of dependent steps) and ends with the finaliser of MurmurHash3.
//
// `$lookup` compares the two cells of a key's group (table-index.ts); where these do not settle it,
// `$chase` looks at one cell after the other, up to an empty one. `$leave` empties a cell. Where its
// group was full, a cell that has passed over it (`$passing`) takes its place, and so on: there are
// no tombstones, and no cell is cut off from its group.

import type { RowView, RowViewClass } from './row.ts'
import { GROUP_LOG2, GROUPS_LOG2, HashIndex, PAGE, PAGE_LOG2 } from './table-index.ts'
import type { Column, KeyWord, Layout } from './table-layout.ts'
import type { RecordArrays, RowStore } from './table-rows.ts'

/** What generated classes have; key columns are passed in their declared order. */
export interface TableCode {
  readonly $c: RowStore
  readonly $x: HashIndex
  get(...key: number[]): RowView | null
  peek(...key: number[]): RowView | null
  insert(bucket: number, ...key: number[]): RowView | null
  remove(...key: number[]): boolean
  $drop(r: number): void
  /** Row with the key that lies at word b of other arrays; a new one where there is none; -1: full. */
  $take(bucket: number, at: RecordArrays, b: number): number
  /** As `$take`, but never a new one. */
  $seek(at: RecordArrays, b: number): number
  /** Reads the cell where `$seek` will begin: many at once wait for memory together, not in turn. */
  $near(at: RecordArrays, b: number): number
}

export type TableClass = new (store: RowStore, View: RowViewClass) => TableCode

const GROUPS = 1 << GROUPS_LOG2
const GROUP = 1 << GROUP_LOG2

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
  const row = `b = Math.imul(r, ${layout.words})`
  const fromKey = packing(layout, doubles)
  const fromRow = reading(layout, doubles)
  const rowArrays = `i = c.i32${doubles.length > 0 ? ', f = c.f64' : ''}`
  const source = `'use strict'
return class Table extends Base {
  constructor(store, View) {
    super()
    this.$c = store
    this.$x = new Index(store.slotsMax, store.capacity)
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
    this.$leave(h, r)
    this.$c.drop(r)
    return true
  }
  $enter(bucket, ${words}) {
    ${hashing(layout, doubles)}
    const old = this.$lookup(h, ${words})
    if (old >= 0) return old
    const c = this.$c, x = this.$x
    if (x.isFull(h) && c.size < c.capacity && !this.$split(h)) {
      c.full++
      return -1
    }
    const r = c.add(bucket)
    if (r < 0) return -1
    const ${row}, ${rowArrays}
    ${writing(layout, doubles)}
    x.put(h, x.cellOf(h, r))
    return r
  }
  $lookup(h, ${words}) {
    const x = this.$x, cells = x.cells
    const a = (x.dir[h & x.dirMask] << ${PAGE_LOG2}) | ((h >>> ${32 - GROUPS_LOG2}) << ${GROUP_LOG2})
    const q0 = cells[a], q1 = cells[a | 1]
    const g = h << ${GROUPS_LOG2}, t = x.tagMask
    // q is q0 where its tag fits, else q1; without a branch: -1 or 0 selects.
    const e = (q0 ^ g) & t
    const q = q0 ^ ((q0 ^ q1) & ((e | (0 - e)) >> 31))
    if (q !== 0 && ((q ^ g) & t) === 0) {
      const c = this.$c, r = ((q & ~t) - 1) | 0, ${row}
      const i = c.i32
      if (${compare(layout, doubles)}) return r
    } else if (q1 === 0) return -1
    return this.$chase(h, ${words})
  }
  $chase(h, ${words}) {
    const c = this.$c, x = this.$x, p = x.dir[h & x.dirMask]
    const cells = x.cells, page = p << ${PAGE_LOG2}
    const g = h << ${GROUPS_LOG2}, t = x.tagMask
    let at = (h >>> ${32 - GROUPS_LOG2}) << ${GROUP_LOG2}
    for (;;) {
      const q = cells[page + at]
      if (q === 0) return -1
      if (((q ^ g) & t) === 0) {
        const r = (q & ~t) - 1, ${row}
        const i = c.i32
        if (${compare(layout, doubles)}) return r
      }
      at = (at + 1) & ${PAGE - 1}
    }
  }
  $leave(h, r) {
    const x = this.$x, p = x.dir[h & x.dirMask]
    const cells = x.cells, page = p << ${PAGE_LOG2}
    const cell = x.cellOf(h, r)
    let gap = (h >>> ${32 - GROUPS_LOG2}) << ${GROUP_LOG2}
    for (let q = cells[page + gap]; q !== cell; q = cells[page + gap]) {
      if (q === 0) throw new Error('index: a live row is missing')
      gap = (gap + 1) & ${PAGE - 1}
    }
    x.used[p]--
    while (cells[page + (gap | ${GROUP - 1})] !== 0) {
      const later = this.$passing(page, gap)
      if (later < 0) break
      cells[page + gap] = cells[page + later]
      gap = later
    }
    x.close(page, gap)
  }
  $passing(page, gap) {
    const x = this.$x, cells = x.cells
    const here = gap >>> ${GROUP_LOG2}
    for (let at = ((here + 1) << ${GROUP_LOG2}) & ${PAGE - 1}; ; at = (at + 1) & ${PAGE - 1}) {
      const q = cells[page + at]
      if (q === 0) return -1
      const home = this.$hash((q & x.rowMask) - 1) >>> ${32 - GROUPS_LOG2}
      const group = at >>> ${GROUP_LOG2}
      if (((group - home) & ${GROUPS - 1}) >= ((group - here) & ${GROUPS - 1})) return at
    }
  }
  $split(h) {
    const x = this.$x
    do {
      const n = x.take(h)
      if (n === 0) return !x.isStuck(h)
      for (let k = 0; k < n; k++) {
        const q = x.spill[k]
        x.put(this.$hash((q & x.rowMask) - 1), q)
      }
    } while (x.isStuck(h))
    return true
  }
  $hash(r) {
    const c = this.$c, ${row}, ${rowArrays}
    ${fromRow}
    ${hashing(layout, doubles)}
    return h
  }
  $drop(r) {
    this.$leave(this.$hash(r), r)
    this.$c.drop(r)
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
  $near(at, b) {
    const i = at.i32, f = at.f64
    ${fromRow}
    ${hashing(layout, doubles)}
    const x = this.$x
    return x.cells[(x.dir[h & x.dirMask] << ${PAGE_LOG2}) + ((h >>> ${32 - GROUPS_LOG2}) << ${GROUP_LOG2})]
  }
}`
  return new Function('Base', 'Index', source)(Base, HashIndex) as TableClass
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
  const numbers = doubles.map((c, n) => `c.f64[(b >>> 1) + ${c.offset >>> 3}] === d${n}`)
  return [...words, ...numbers].join(' && ')
}

function wordAt(w: KeyWord, i: string): string {
  const word = `${i}[(b + ${w.at}) | 0]`
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
