// Rows whose key changes on conversion. Two rows may come to have one key then, and a row may get
// another key with a change of its other columns. So the converting side remembers, while the move
// lasts, which key each row has now, and which rows share one: the other side hears of keys only,
// and has at each moment what the rows that there are convert to.
//
//   rows of one key become one     merge `sum`, `max`: joined by the rule
//                                  else: the one that was used last (idle column);
//                                  without such a column, or at the same time: the larger old key
//   one of them goes               the others' row stands again
//
// A remembered key costs about 30 bytes a row. `id` is the row's number on the converting side.

import type { Merge, RowData } from './declare.ts'
import { arraysOf, firstWord } from './state-record.ts'
import { classesOf, makeTable, type TableInside } from './table.ts'
import { type Layout, layoutOf } from './table-layout.ts'
import { arraysOver, type RecordArrays } from './table-rows.ts'

const NONE = -1
const NO_COLUMNS = Object.freeze({})

/** What the other side is to be told; a removal's row has the key's columns. */
export interface Told {
  readonly put: boolean
  readonly id: number
  readonly row: RowData
}

interface Candidate {
  readonly id: number
  readonly old: RowData
  readonly row: RowData
}

export interface RekeySource {
  /** The row as it is now, in its old form. */
  old(id: number): RowData
  /** Null: left behind. */
  convert(old: RowData): RowData | null
}

export interface RekeyRule {
  readonly merge: Merge | null
  /** Column that says when a row was used, of the old rows or of the converted ones; null: none. */
  readonly idle: { readonly column: string; readonly of: 'old' | 'new' } | null
}

export class Rekey {
  readonly #layout: Layout
  readonly #source: RekeySource
  readonly #rule: RekeyRule
  /** Keys that rows have now: a place each. */
  readonly #keys: TableInside
  readonly #scratch: RecordArrays
  /** By id: the place of its key. By place: one of the rows that have it. */
  readonly #placeOf = new Numbers()
  readonly #firstAt = new Numbers()
  /** Places of more rows than one: all of them. */
  readonly #shared = new Map<number, Set<number>>()

  /** @param layout of the converted rows */
  constructor(layout: Layout, rows: number, source: RekeySource, rule: RekeyRule) {
    this.#layout = layout
    this.#source = source
    this.#rule = rule
    const key = Object.fromEntries(layout.keys.map((c) => [c.name, c.type]))
    this.#keys = makeTable({ key, row: NO_COLUMNS }, rows + 1, 0, 0x2545f491)
    this.#scratch = arraysOver(new ArrayBuffer(layoutOf(key, NO_COLUMNS).words * 4))
  }

  /** The row is new, or has changed. */
  put(id: number): Told[] {
    const row = this.#source.convert(this.#source.old(id))
    if (row === null) return this.remove(id)
    const was = this.#placeOf.get(id)
    const place = this.#seek(row)
    if (place === was && place !== NONE && !this.#shared.has(place)) return [{ put: true, id, row }]
    if (place === was && place !== NONE) return [this.#stand(place)]
    const told = this.remove(id)
    const now = this.#enter(id, row)
    told.push(this.#shared.has(now) ? this.#stand(now) : { put: true, id, row })
    return told
  }

  /** The row is gone. */
  remove(id: number): Told[] {
    const place = this.#placeOf.get(id)
    if (place === NONE) return []
    this.#placeOf.set(id, NONE)
    const shared = this.#shared.get(place)
    if (shared === undefined) {
      const row = this.#keyAt(place)
      this.#keys.$drop(place)
      return [{ put: false, id, row }]
    }
    shared.delete(id)
    const [first] = shared
    this.#firstAt.set(place, first!)
    if (shared.size === 1) this.#shared.delete(place)
    return [this.#stand(place)]
  }

  #enter(id: number, row: RowData): number {
    const known = this.#seek(row)
    const place = known !== NONE ? known : this.#keys.$take(-1, this.#scratch, 0)
    if (place < 0) throw new Error('rekey: more rows than their table can hold')
    this.#placeOf.set(id, place)
    if (known === NONE) this.#firstAt.set(place, id)
    else {
      const shared = this.#shared.get(place) ?? new Set([this.#firstAt.get(place)])
      this.#shared.set(place, shared.add(id))
    }
    return place
  }

  /** The row that stands for all of a place. */
  #stand(place: number): Told {
    const ids = this.#shared.get(place) ?? [this.#firstAt.get(place)]
    let best: Candidate | null = null
    for (const id of ids) {
      const old = this.#source.old(id)
      const row = this.#source.convert(old)
      // Its change, to be left behind or to have another key, is still to be told.
      if (row === null || this.#seek(row) !== place) continue
      const next: Candidate = { id, old, row }
      if (best === null) best = next
      else if (this.#rule.merge === 'sum' || this.#rule.merge === 'max')
        best = { id: best.id, old: best.old, row: this.#joined(best.row, row) }
      else if (this.#isLater(next, best)) best = next
    }
    if (best === null) return { put: false, id: NONE, row: this.#keyAt(place) }
    return { put: true, id: best.id, row: best.row }
  }

  #joined(a: RowData, b: RowData): RowData {
    const joined: RowData = { ...a }
    for (const c of this.#layout.columns) {
      const [x, y] = [a[c.name], b[c.name]]
      if (c.key || typeof x !== 'number' || typeof y !== 'number') continue
      joined[c.name] = this.#rule.merge === 'sum' && c.type !== 'time' ? x + y : Math.max(x, y)
    }
    return joined
  }

  #isLater(a: Candidate, b: Candidate): boolean {
    const { idle } = this.#rule
    if (idle !== null) {
      const [x, y] = [a, b].map((r) => Number((idle.of === 'old' ? r.old : r.row)[idle.column]))
      if (x !== y) return x! > y!
    }
    for (const [name, x] of Object.entries(a.old)) {
      const y = b.old[name]
      if (typeof x === 'number' && typeof y === 'number' && x !== y) return x > y
    }
    return false
  }

  /** Place of a row's key, which then stands in the scratch as well. */
  #seek(row: RowData): number {
    const { data } = classesOf(this.#keys.$c.layout)
    data.write(this.#scratch, 0, row)
    return this.#keys.$seek(this.#scratch, 0)
  }

  /** A row of that key and nothing else. */
  #keyAt(place: number): RowData {
    const rows = this.#keys.$c
    const key = classesOf(rows.layout).data.read(arraysOf(rows, place), firstWord(rows, place))
    const blank = classesOf(this.#layout).data.read(
      arraysOver(new ArrayBuffer(this.#layout.words * 4)),
      0,
    )
    return { ...blank, ...key }
  }
}

/** A number for each of many small ones, NONE at first. */
class Numbers {
  #all = new Int32Array(0)

  get(n: number): number {
    return n < this.#all.length ? this.#all[n]! : NONE
  }

  set(n: number, value: number): void {
    if (n >= this.#all.length) {
      const grown = new Int32Array(Math.max(1024, n + 1, this.#all.length * 2)).fill(NONE)
      grown.set(this.#all)
      this.#all = grown
    }
    this.#all[n] = value
  }
}
