// The state of one router: every table, cell and packet queue that its elements declare, by
// element and state name. Elements get their own through `self.state`; the sweep, the metrics and
// the move (state-source.ts, state-target.ts) work on all of them here.

import { ClickUpError } from '../lib/errors.ts'
import { SWEEP_ROWS } from '../lib/limits.ts'
import type { CellDecl, Columns, PacketFifo, Row, StateDecl, Table, TableDecl } from './declare.ts'
import { Fifo } from './fifo.ts'
import type { Pool } from './packet.ts'
import type { RowView } from './row.ts'
import { type StateSchema, schemaOf, stateId } from './schema.ts'
import { makeCell, makeTable, type TableInside } from './table.ts'
import { Expirer } from './table-expiry.ts'
import type { RowStore } from './table-rows.ts'

interface EntryBase {
  readonly schema: StateSchema
  readonly decl: StateDecl
}
export interface TableEntry extends EntryBase {
  readonly kind: 'table'
  readonly decl: TableDecl
  readonly rows: RowStore
  readonly table: Table<Columns, Columns> & TableInside
  readonly expirer: Expirer | null
}
export interface CellEntry extends EntryBase {
  readonly kind: 'cell'
  readonly decl: CellDecl
  readonly rows: RowStore
  readonly cell: Row<Columns> & RowView
}
export interface PacketsEntry extends EntryBase {
  readonly kind: 'packets'
  readonly fifo: Fifo
}
export type StateEntry = TableEntry | CellEntry | PacketsEntry

/** Figures of one state, for metrics. Cells: size and capacity are 1. */
export interface StateSize {
  readonly element: string
  readonly state: string
  readonly kind: StateEntry['kind']
  readonly size: number
  readonly capacity: number
  readonly full: number
  readonly expired: number
}

export interface StateStoreOptions {
  readonly bucketsLog2: number
  /** The replica's clock; read when times are turned into ages and back. */
  readonly clock: { readonly nowMs: number }
  readonly pool: Pool
  /** Of the tables' hashes. */
  readonly seed?: number
}

export class StateStore {
  readonly bucketsLog2: number
  readonly clock: { readonly nowMs: number }
  readonly pool: Pool
  /** Rows that moved away are still being removed: no other move begins before they are gone. */
  forgetting = false
  readonly #seed: number
  #entries = new Map<string, StateEntry>()
  /** The same, in order: walked every turn without an iterator. */
  #list: StateEntry[] = []
  #expiryHolds = 0

  constructor(options: StateStoreOptions) {
    this.bucketsLog2 = options.bucketsLog2
    this.clock = options.clock
    this.pool = options.pool
    this.#seed = (options.seed ?? 0x5bd1e995) | 0
  }

  get buckets(): number {
    return 1 << this.bucketsLog2
  }

  /**
   * Makes a state of an element's instance.
   * @param capacity rows or packets at most (declared, or as configured); ignored for cells
   * @param idleSeconds how long a row may be unused; null, 0 or less: rows never go by themselves
   * @param selfRef gives the instance's `self` when `keep` and `afterOf` are asked
   */
  instantiate(
    elementName: string,
    className: string,
    stateName: string,
    decl: StateDecl,
    capacity: number,
    idleSeconds: number | null,
    selfRef: () => unknown,
  ): Table<Columns, Columns> | Row<Columns> | PacketFifo {
    const id = stateId({ element: elementName, state: stateName })
    if (this.#entries.has(id)) throw new Error(`state ${id}: declared twice`)
    const schema = schemaOf(
      elementName,
      className,
      stateName,
      decl,
      decl.kind === 'cell' ? 1 : capacity,
    )
    switch (decl.kind) {
      case 'packets': {
        const fifo = new Fifo(capacity)
        this.#add({ kind: 'packets', schema, decl, fifo })
        return fifo
      }
      case 'cell': {
        const cell = makeCell(decl)
        this.#add({ kind: 'cell', schema, decl, rows: cell.$c, cell })
        return cell
      }
      case 'table': {
        const buckets = decl.scope === 'flow' ? this.buckets : 0
        const table = makeTable(decl, capacity, buckets, this.#seed)
        const expirer =
          decl.expire !== undefined && idleSeconds !== null && idleSeconds > 0
            ? new Expirer(table, decl.expire, idleSeconds, selfRef)
            : null
        this.#add({ kind: 'table', schema, decl, rows: table.$c, table, expirer })
        return table
      }
    }
  }

  /** An empty one for the same router: same buckets, clock, pool and hashes. */
  sibling(): StateStore {
    const { bucketsLog2, clock, pool } = this
    return new StateStore({ bucketsLog2, clock, pool, seed: this.#seed })
  }

  entriesOf(element: string): StateEntry[] {
    return this.#list.filter((e) => e.schema.element === element)
  }

  /** Takes in an entry of another store as it is, for the element of this name. */
  adopt(entry: StateEntry, element: string): void {
    this.#add({ ...entry, schema: { ...entry.schema, element } })
  }

  /** Another entry in the place of one of the same element and state. */
  replace(entry: StateEntry): void {
    const id = stateId(entry.schema)
    this.#list = this.#list.map((e) => (stateId(e.schema) === id ? entry : e))
    this.#entries.set(id, entry)
  }

  /** Has from here on what `other` has, which is of no use any more (hand-over.ts). */
  become(other: StateStore): void {
    this.#entries = other.#entries
    this.#list = other.#list
  }

  schemas(): StateSchema[] {
    return this.#list.map((e) => e.schema)
  }

  entry(element: string, state: string): StateEntry | null {
    return this.#entries.get(stateId({ element, state })) ?? null
  }

  /** The state that a plan speaks of. Throws where the router's is another. */
  need(schema: StateSchema): StateEntry {
    const entry = this.entry(schema.element, schema.state)
    if (entry?.schema.fingerprint === schema.fingerprint) return entry
    throw new ClickUpError(
      'INCOMPATIBLE',
      `state ${stateId(schema)} is not what the plan of the move says`,
      'The replica runs another version than the one that was checked. Start the move again.',
    )
  }

  entries(): readonly StateEntry[] {
    return this.#list
  }

  /**
   * A little of the standing work: idle rows, what an ended move left. Bounded;
   * called once a turn of the loop. True: there is more to do soon.
   */
  sweep(nowMs: number): boolean {
    let more = false
    for (const e of this.#list) {
      if (e.kind === 'packets') continue
      if (!e.rows.drain(SWEEP_ROWS)) more = true
      if (e.kind !== 'table') continue
      if (e.expirer !== null && this.#expiryHolds === 0) more = e.expirer.sweep(nowMs) || more
    }
    return more
  }

  /**
   * Stops expiry while rows come in: what keeps a row may not be here yet, and the source, which
   * decides, would not send the row again.
   */
  holdExpiry(): void {
    this.#expiryHolds++
  }

  releaseExpiry(): void {
    if (this.#expiryHolds === 0) throw new Error('releaseExpiry: expiry is not held')
    this.#expiryHolds--
  }

  sizes(): StateSize[] {
    return this.#list.map((e) => {
      const { element, state, capacity } = e.schema
      const base = { element, state, kind: e.kind, capacity }
      if (e.kind === 'packets')
        return { ...base, size: e.fifo.length, full: e.fifo.full, expired: 0 }
      return { ...base, size: e.rows.size, full: e.rows.full, expired: e.rows.expired }
    })
  }

  #add(entry: StateEntry): void {
    this.#entries.set(stateId(entry.schema), entry)
    this.#list.push(entry)
  }
}
