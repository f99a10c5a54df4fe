// How the columns of a table lie in memory. Pure: the same declared columns give the same layout in
// every process, so rows of equal schema fingerprint are copied between replicas as they are.
//
//   0                                                                     stride (multiple of 8)
//   | 8-byte columns | small keys, packed | the rest by width | pad to 4 | pad to 8 | meta |
//
// `meta` belongs to RowStore (table-rows.ts); a row that travels has only the words in front of it.
// Small key columns (4, 2, 1 bytes) are packed into words of their own, so that a key is hashed
// and compared by words: a 5-tuple is four. Within a width, columns keep their declared order.

import type { Columns, ColumnType } from './declare.ts'

export interface Column {
  readonly name: string
  readonly type: ColumnType
  readonly key: boolean
  /** Bytes from the start of the row. */
  readonly offset: number
  readonly bytes: number
}

/** A 32-bit word of a row that holds key columns and nothing else. */
export interface KeyWord {
  /** Words from the start of the row. */
  readonly at: number
  /** Bits that columns use; the others are padding. */
  readonly mask: number
  /** Number of the key column, and by how many bits it is shifted. */
  readonly parts: readonly { readonly key: number; readonly shift: number }[]
}

export interface Layout {
  /** In declared order, key columns first. */
  readonly columns: readonly Column[]
  readonly keys: readonly Column[]
  /** 32-bit words of a row; even. The last is not a column's. */
  readonly words: number
  /** 32-bit words that hold columns, from the first on. */
  readonly dataWords: number
  /** Words that hold small key columns, in order. f64 keys are apart. */
  readonly keyWords: readonly KeyWord[]
  /** Index of each `time` column in 8-byte units from the start of the row. */
  readonly times: readonly number[]
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const TYPE = /^(u8|u16|u32|i32|f64|time|bytes[0-9]+)$/
const RESERVED = new Set(['constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty'])

/** By the declared columns themselves: a declaration is there once, its instances many times. */
const known = new WeakMap<Columns, WeakMap<Columns, Layout>>()

/** Throws where a name or type cannot be a column. */
export function layoutOf(key: Columns, row: Columns): Layout {
  const byRow = known.get(key) ?? new WeakMap<Columns, Layout>()
  known.set(key, byRow)
  const layout = byRow.get(row) ?? makeLayout(key, row)
  byRow.set(row, layout)
  return layout
}

function makeLayout(key: Columns, row: Columns): Layout {
  const wanted = [
    ...Object.entries(key).map(([name, type]) => ({ name, type, key: true })),
    ...Object.entries(row).map(([name, type]) => ({ name, type, key: false })),
  ]
  const seen = new Set<string>()
  for (const c of wanted) {
    checkColumn(c.name, c.type, c.key)
    if (seen.has(c.name)) throw new Error(`column '${c.name}': declared twice`)
    seen.add(c.name)
  }
  const offsets = new Map<string, number>()
  let at = 0
  const put = (align: number, fits: (c: { key: boolean }) => boolean) => {
    for (const c of wanted) {
      if (alignOf(c.type) !== align || !fits(c)) continue
      offsets.set(c.name, at)
      at += bytesOf(c.type)
    }
  }
  put(8, () => true)
  for (const align of [4, 2, 1]) put(align, (c) => c.key)
  at = (at + 3) & ~3
  for (const align of [4, 2, 1]) put(align, (c) => !c.key)
  const columns = wanted.map((c) => ({
    ...c,
    offset: offsets.get(c.name)!,
    bytes: bytesOf(c.type),
  }))
  const keys = columns.filter((c) => c.key)
  return Object.freeze({
    columns,
    keys,
    keyWords: keyWordsOf(keys),
    words: ((at + 4 + 7) >>> 3) * 2,
    dataWords: (at + 3) >>> 2,
    times: columns.filter((c) => c.type === 'time').map((c) => c.offset >>> 3),
  })
}

function keyWordsOf(keys: readonly Column[]): KeyWord[] {
  const words = new Map<number, { at: number; mask: number; parts: KeyWord['parts'][number][] }>()
  keys.forEach((c, key) => {
    if (c.type === 'f64') return
    const at = c.offset >>> 2
    const shift = (c.offset & 3) * 8
    const word = words.get(at) ?? { at, mask: 0, parts: [] }
    word.mask |= (c.bytes === 4 ? -1 : (1 << (c.bytes * 8)) - 1) << shift
    word.parts.push({ key, shift })
    words.set(at, word)
  })
  return [...words.values()].sort((a, b) => a.at - b.at)
}

export function bytesOf(type: ColumnType): number {
  switch (type) {
    case 'u8':
      return 1
    case 'u16':
      return 2
    case 'u32':
    case 'i32':
      return 4
    case 'f64':
    case 'time':
      return 8
    default:
      return Number(type.slice('bytes'.length))
  }
}

function alignOf(type: ColumnType): number {
  return type.startsWith('bytes') ? 4 : bytesOf(type)
}

function checkColumn(name: string, type: ColumnType, key: boolean): void {
  if (!NAME.test(name) || RESERVED.has(name)) throw new Error(`column '${name}': not a usable name`)
  const bytes = bytesOf(type)
  if (!TYPE.test(type)) throw new Error(`column '${name}': unknown type '${type}'`)
  if (type.startsWith('bytes') && !(bytes > 0 && bytes % 4 === 0 && bytes <= 4096))
    throw new Error(`column '${name}': bytesN needs N a multiple of 4, at most 4096`)
  if (key && (type === 'time' || type.startsWith('bytes')))
    throw new Error(`column '${name}': a key column is u8, u16, u32, i32 or f64`)
}
