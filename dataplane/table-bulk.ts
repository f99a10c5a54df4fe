// Many rows at once into records of a chunk and back (chunk.ts), generated for each layout: every
// column is a load and a store at a constant offset. Times become ages on the way out and times
// again on the way in; a time of 0 means "never", and its age travels as NaN.

import { PUT, RECORD_HEADER_WORDS } from './chunk.ts'
import { signatureOf, type TableInside } from './table.ts'
import type { Layout } from './table-layout.ts'
import type { RecordArrays, RowStore } from './table-rows.ts'

export interface BulkCode {
  /**
   * Writes rows as records from word `to` on.
   * @param slots row numbers
   * @param heads bucket and operation of each, in pairs
   */
  out(
    rows: RowStore,
    slots: Int32Array,
    heads: Int32Array,
    count: number,
    at: RecordArrays,
    to: number,
    nowMs: number,
  ): void
  /**
   * Puts records into a table, each with its bucket, until one is no plain put of a bucket's row:
   * a removal, a row of no bucket, or of another one here, or one that finds the table full.
   * @param seen one byte for each bucket: set where a row came
   * @param absolute the records hold times, not ages
   * @returns how many were put
   */
  into(
    table: TableInside,
    seen: Uint8Array,
    at: RecordArrays,
    from: number,
    count: number,
    nowMs: number,
    absolute: boolean,
  ): number
}

const bySignature = new Map<string, BulkCode>()
const byLayout = new WeakMap<Layout, BulkCode>()

export function bulkOf(layout: Layout): BulkCode {
  const known = byLayout.get(layout)
  if (known !== undefined) return known
  const signature = signatureOf(layout)
  const made = bySignature.get(signature) ?? bulkCode(layout)
  bySignature.set(signature, made)
  byLayout.set(layout, made)
  return made
}

/** Records whose places in the index are read ahead. */
const AHEAD = 64
/** Words of a record's columns. */
function evenWords(layout: Layout): number {
  return (layout.dataWords + 1) & ~1
}

function bulkCode(layout: Layout): BulkCode {
  const words = RECORD_HEADER_WORDS + evenWords(layout)
  const row = (r: string) => `b = Math.imul(${r}, ${layout.words})`
  const out = copies(layout, 'o[to + R] = i[b + W]', 'g[t + D] = f[e + E]', (x) => {
    const { to, from } = x
    return `{ const v = ${from}; ${to} = v === 0 ? NaN : now - v }`
  })
  const into = copies(layout, 'i[b + W] = o[to + R]', 'f[e + E] = g[t + D]', (x) => {
    const { to, from } = x
    return `{ const v = ${to}; ${from} = absolute ? v : v !== v ? 0 : now - v }`
  })
  const source = `'use strict'
return {
  out(rows, slots, heads, count, at, to, now) {
    const o = at.i32, g = at.f64
    for (let k = 0; k < count; k++, to += ${words}) {
      const r = slots[k], ${row('r')}
      const i = rows.i32, f = rows.f64, e = b >>> 1, t = to >>> 1
      o[to] = heads[2 * k]
      o[to + 1] = heads[2 * k + 1]
      ${out}
      ${layout.dataWords % 2 === 1 ? `o[to + ${words - 1}] = 0` : ''}
    }
  },
  into(table, seen, at, to, count, now, absolute) {
    const o = at.i32, g = at.f64, rows = table.$c
    let near = 0
    for (let k = 0; k < count; k++, to += ${words}) {
      if (k % ${AHEAD} === 0) {
        const last = Math.min(count - k, ${AHEAD})
        for (let j = 0; j < last; j++)
          near ^= table.$near(at, to + j * ${words} + ${RECORD_HEADER_WORDS})
        rows.near = near
      }
      const bucket = o[to]
      if (o[to + 1] !== ${PUT} || bucket < 0) return k
      const r = table.$take(bucket, at, to + ${RECORD_HEADER_WORDS})
      if (r < 0 || rows.bucketOf(r) !== bucket) return k
      seen[bucket] = 1
      const ${row('r')}
      const i = rows.i32, f = rows.f64, e = b >>> 1, t = to >>> 1
      ${into}
      if (rows.tracking !== 0) rows.touch(r)
    }
    return count
  },
}`
  return new Function(source)() as BulkCode
}

/** One statement for each word, or for each column of 8 bytes. R, W; D, E: places in record and row. */
function copies(
  layout: Layout,
  word: string,
  double: string,
  time: (x: { to: string; from: string }) => string,
): string {
  const doubles = new Map(
    layout.columns
      .filter((c) => c.type === 'f64' || c.type === 'time')
      .map((c) => [c.offset >>> 2, c]),
  )
  const lines: string[] = []
  for (let w = 0; w < layout.dataWords; w++) {
    const r = w + RECORD_HEADER_WORDS
    const c = doubles.get(w)
    if (c === undefined) {
      lines.push(word.replace('R', `${r}`).replace('W', `${w}`))
      continue
    }
    const d = `${r >>> 1}`
    const e = `${w >>> 1}`
    if (c.type === 'f64') lines.push(double.replace('D', d).replace('E', e))
    else lines.push(time({ to: `g[t + ${d}]`, from: `f[e + ${e}]` }))
    w++
  }
  return lines.join('\n      ')
}
