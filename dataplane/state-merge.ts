// Merging a source's copy of shared state into the target's own, by the state's rule.
//
// A source sends a row's absolute values, again with every change. So the target remembers, for
// each row that came: what the source last said (`said`), what it then wrote (`wrote`), and what
// would stand there by its own doing (`own`; null: there would be no row), which what its elements
// write meanwhile goes into. With these a row can come any number of times, and can be withdrawn: by
// the source's removal, or when the move is undone.
//
//   sum          own part + what the source said, last time's replaced
//   max          the larger; exactly the source's where nothing was here before
//   last_writer  the row whose idle column is later; the source's where there is none
//
// Times count as `max` under `sum`; raw bytes are the last writer's under every rule.

import type { Merge, RowData } from './declare.ts'
import type { CellEntry, TableEntry } from './state.ts'
import { arraysOf, firstWord } from './state-record.ts'
import { classesOf } from './table.ts'
import type { DataCode } from './table-data.ts'
import type { RecordArrays } from './table-rows.ts'

interface Came {
  readonly row: number
  readonly own: RowData | null
  readonly said: RowData
  readonly wrote: RowData
}

export class SharedMerge {
  readonly #entry: TableEntry | CellEntry
  readonly #merge: Merge
  readonly #idle: string | null
  readonly #data: DataCode
  readonly #came = new Map<string, Came>()

  constructor(entry: TableEntry | CellEntry) {
    this.#entry = entry
    this.#data = classesOf(entry.rows.layout).data
    this.#merge = entry.schema.merge ?? 'last_writer'
    this.#idle = entry.kind === 'table' ? (entry.decl.expire?.idle ?? null) : null
  }

  /** Takes the row whose columns lie at word b (times as times). False: the table is full. */
  put(at: RecordArrays, b: number): boolean {
    const said = this.#data.read(at, b)
    const key = this.#keyOf(said)
    const known = this.#came.get(key)
    const here = this.#seek(at, b)
    // The sweep may have taken the row since: then it comes anew.
    const came = known !== undefined && here === known.row ? known : undefined
    const fresh = here < 0 || (came === undefined && this.#isBlank(here))
    const row = here < 0 ? this.#take(at, b) : here
    if (row < 0) return false
    const now = this.#read(row)
    const own = came !== undefined ? this.#ownPart(now, came) : fresh ? null : now
    const wrote = own === null ? said : this.#merged(own, now, said)
    this.#write(row, wrote)
    this.#came.set(key, { row, own, said, wrote: this.#read(row) })
    return true
  }

  /** The source removed its row. */
  remove(at: RecordArrays, b: number): void {
    const key = this.#keyOf(this.#data.read(at, b))
    const came = this.#came.get(key)
    if (came === undefined) return
    this.#came.delete(key)
    this.#withdraw(came, this.#seek(at, b))
  }

  /** Undoes everything that came. */
  discard(): void {
    for (const came of this.#came.values()) {
      const rows = this.#entry.rows
      this.#withdraw(came, rows.isLive(came.row) ? came.row : -1)
    }
    this.#came.clear()
  }

  /** Forgets what undoing would need. */
  commit(): void {
    this.#came.clear()
  }

  /**
   * What would stand here had the source said nothing: what was here before, and what elements of
   * this replica did since. Null: there would be no row; without a column: none had written to it.
   */
  #ownPart(now: RowData, came: Came): RowData | null {
    const own: RowData = {}
    let touched = false
    for (const { name, key, type } of this.#entry.rows.layout.columns) {
      const value = now[name]!
      const before = came.own?.[name]
      const since = !key && !same(value, came.wrote[name]!)
      if (since) touched = true
      if (key) own[name] = value
      else if (!since && before !== undefined) own[name] = before
      else if (since && this.#merge === 'sum' && typeof value === 'number' && type !== 'time')
        own[name] = value - (came.said[name] as number)
      else if (since) own[name] = value
    }
    if (!touched) return came.own
    return this.#merge === 'last_writer' ? now : own
  }

  #merged(own: RowData, now: RowData, said: RowData): RowData {
    if (this.#merge === 'last_writer') return this.#later(own, said) ? said : now
    const merged: RowData = {}
    for (const c of this.#entry.rows.layout.columns) {
      const mine = own[c.name]
      const from = said[c.name]!
      if (c.key) merged[c.name] = now[c.name]!
      else if (typeof mine !== 'number' || typeof from !== 'number') merged[c.name] = from
      else if (this.#merge === 'sum' && c.type !== 'time') merged[c.name] = mine + from
      else merged[c.name] = Math.max(mine, from)
    }
    return merged
  }

  #later(own: RowData, said: RowData): boolean {
    const than = this.#idle === null ? undefined : own[this.#idle]
    return than === undefined || said[this.#idle!]! >= than
  }

  #withdraw(came: Came, row: number): void {
    if (row < 0) return
    const now = this.#read(row)
    const own = this.#ownPart(now, came)
    if (own === null) {
      this.#clear(row)
      return
    }
    const left: RowData = {}
    for (const { name } of this.#entry.rows.layout.columns)
      left[name] = own[name] ?? (typeof now[name] === 'number' ? 0 : now[name]!)
    this.#write(row, left)
  }

  #keyOf(data: RowData): string {
    return this.#entry.rows.layout.keys.map((c) => data[c.name]).join(' ')
  }

  #seek(at: RecordArrays, b: number): number {
    return this.#entry.kind === 'cell' ? 0 : this.#entry.table.$seek(at, b)
  }

  #take(at: RecordArrays, b: number): number {
    return this.#entry.kind === 'cell' ? 0 : this.#entry.table.$take(-1, at, b)
  }

  /** A cell nobody has written to counts as not there. */
  #isBlank(row: number): boolean {
    if (this.#entry.kind !== 'cell') return false
    const { i32 } = arraysOf(this.#entry.rows, row)
    const b = firstWord(this.#entry.rows, row)
    return i32.subarray(b, b + this.#entry.rows.layout.dataWords).every((w) => w === 0)
  }

  #read(row: number): RowData {
    const rows = this.#entry.rows
    return this.#data.read(arraysOf(rows, row), firstWord(rows, row))
  }

  #write(row: number, data: RowData): void {
    const rows = this.#entry.rows
    this.#data.write(arraysOf(rows, row), firstWord(rows, row), data)
    if (rows.tracking !== 0) rows.touch(row)
  }

  #clear(row: number): void {
    if (this.#entry.kind === 'table') {
      this.#entry.table.$drop(row)
      return
    }
    const { i32 } = arraysOf(this.#entry.rows, row)
    const b = firstWord(this.#entry.rows, row)
    i32.fill(0, b, b + this.#entry.rows.layout.dataWords)
  }
}

function same(a: number | Uint8Array, b: number | Uint8Array): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b
  return a.every((byte, n) => byte === b[n])
}
