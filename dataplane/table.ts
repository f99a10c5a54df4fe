// Tables and cells as elements see them: generated row views and table classes over a RowStore.
// Classes are generated once for each layout and shared by all tables of that layout.

import type { CellDecl, Columns, Row, Table, TableDecl } from './declare.ts'
import { type RowView, type RowViewClass, rowViewClass } from './row.ts'
import { type TableClass, type TableCode, tableClass } from './table-code.ts'
import { type DataCode, dataCode } from './table-data.ts'
import type { HashIndex } from './table-index.ts'
import { type Layout, layoutOf } from './table-layout.ts'
import { RowStore } from './table-rows.ts'

/** A table's inside: what the sweep and the move work on. */
export interface TableInside extends TableCode {
  clear(): void
}

/** The part of a table that needs no generated code. */
class TableBase {
  declare readonly $c: RowStore
  declare readonly $x: HashIndex

  get size(): number {
    return this.$c.size
  }

  get capacity(): number {
    return this.$c.capacity
  }

  get full(): number {
    return this.$c.full
  }

  get expired(): number {
    return this.$c.expired
  }

  clear(this: TableInside): void {
    const c = this.$c
    if (c.tracking === 0 && c.drain(Number.MAX_SAFE_INTEGER)) {
      c.reset()
      this.$x.reset()
    } else for (let r = 0; r < c.top; r++) if (c.isLive(r)) this.$drop(r)
  }

  /** A view of its own, so that `visit` may use `get` and `peek`, and remove rows. */
  each(visit: (row: RowView) => void): void {
    const view = new (classesOf(this.$c.layout).View)(this.$c)
    for (let r = 0; r < this.$c.top; r++) if (this.$c.isLive(r)) visit(view.$at(r))
  }

  /** A view of its own, as in `each`. */
  some(at: number, places: number, visit: (row: RowView) => void): void {
    const { $c: c } = this
    const view = new (classesOf(c.layout).View)(c)
    const { top } = c
    const from = Math.floor(at * top)
    for (let k = 0; k < places && k < top; k++) {
      const r = (from + k) % top
      if (c.isLive(r)) visit(view.$at(r))
    }
  }
}

interface Classes {
  readonly View: RowViewClass
  /** Null: no key, a cell. */
  readonly Table: TableClass | null
  readonly data: DataCode
}

const bySignature = new Map<string, Classes>()
const byLayout = new WeakMap<Layout, Classes>()

/** Equal where generated code can be the same. */
export function signatureOf(layout: Layout): string {
  return layout.columns.map((c) => `${c.key ? '*' : ''}${c.name}:${c.type}`).join(',')
}

/** The generated classes of a layout; made when first asked for. */
export function classesOf(layout: Layout): Classes {
  const known = byLayout.get(layout)
  if (known !== undefined) return known
  const signature = signatureOf(layout)
  let made = bySignature.get(signature)
  if (made === undefined) {
    const Table = layout.keys.length > 0 ? tableClass(layout, TableBase) : null
    made = { View: rowViewClass(layout), Table, data: dataCode(layout) }
    bySignature.set(signature, made)
  }
  byLayout.set(layout, made)
  return made
}

/**
 * @param buckets number of buckets of a `flow` table; 0: rows belong to none
 * @param seed of the hash, so that nobody can choose keys that collide
 */
export function makeTable<K extends Columns, R extends Columns>(
  decl: Pick<TableDecl<K, R>, 'key' | 'row'>,
  capacity: number,
  buckets: number,
  seed: number,
): Table<K, R> & TableInside {
  if (!Number.isInteger(capacity) || capacity < 0)
    throw new Error(`capacity ${capacity}: must be an integer from 0`)
  const layout = layoutOf(decl.key, decl.row)
  const { View, Table } = classesOf(layout)
  if (Table === null) throw new Error('a table needs a key column')
  return new Table(new RowStore(layout, capacity, buckets, seed), View) as unknown as Table<K, R> &
    TableInside
}

const NO_KEY: Columns = Object.freeze({})

/** The one row of a cell. */
export function makeCell<R extends Columns>(decl: Pick<CellDecl<R>, 'row'>): Row<R> & RowView {
  const layout = layoutOf(NO_KEY, decl.row)
  const store = new RowStore(layout, 1, 0, 0)
  const view = new (classesOf(layout).View)(store)
  return view.$at(store.add(-1)) as Row<R> & RowView
}
