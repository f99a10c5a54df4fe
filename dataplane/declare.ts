// How an element declares its state: tables (keyed rows), cells (one row) and packets (a queue of
// held packets). Declarations are plain data, read without making an element: by the engine, by
// the check that a new version can take an old one's state, by the docs.
//
// Scopes:
//   flow    a row belongs to a bucket and moves with it
//   shared  every replica has a copy; `merge` says how copies join (ARP tables, counts)
//   local   stays where it is; `reason` says why that is right

/**
 * Column types. Integers are held exactly; `i32` is also how an IPv4 address is stored. `f64` holds
 * counts up to 2^53. `time` is a time of the replica's clock in milliseconds; it travels as an age,
 * since the clocks of two hosts do not agree. `bytesN` is N raw bytes (N a multiple of 4).
 */
export type ColumnType = 'u8' | 'u16' | 'u32' | 'i32' | 'f64' | 'time' | `bytes${number}`
export type Columns = Readonly<Record<string, ColumnType>>

/** Values of a row as plain data: what upgrade steps take and give. */
export type RowData = Record<string, number | Uint8Array>

export type Merge = 'sum' | 'max' | 'last_writer'
export type Scope = 'flow' | 'shared' | 'local'

type ColumnValue<T> = T extends `bytes${number}` ? Uint8Array : number

/** A view of a row; columns are read and written as properties. Writing marks the row dirty. */
export type Row<C extends Columns> = { -readonly [K in keyof C]: ColumnValue<C[K]> }

export interface Expiry {
  /** Column of type `time` that holds when the row was last used. */
  readonly idle: string
  /** Keyword of the element's configuration with the idle time in seconds, or a number of seconds. */
  readonly after: string | number
  /** Asked before an idle row goes; true keeps it (its other direction is in use, say). */
  // biome-ignore lint/suspicious/noExplicitAny: an element's own self
  readonly keep?: (self: any, row: any) => boolean
  /** Rows with another idle time than `after` (seconds), by row. */
  // biome-ignore lint/suspicious/noExplicitAny: an element's own self
  readonly afterOf?: (self: any, row: any) => number
}

/**
 * Makes a row of one version out of one of another; null: the row is left behind. Pure: it is asked
 * again for each change of the row, and may be asked more often. Throwing refuses the move, and the
 * old version goes on with all its rows.
 */
export type Step = (row: RowData) => RowData | null

/** Another state's rows, by their version. */
export type Taken = Readonly<Record<number, TakenVersion>>
export interface TakenVersion {
  /** The version of this state that `row` makes; its own upgrade steps go on from there. */
  readonly to: number
  /** Not given: rows are taken as they are. */
  readonly row?: Step
}

/** How rows of other versions become rows of this one: doc/state-evolution.md has examples. */
interface Evolution {
  /** Only goes up when the columns change; never reused. */
  readonly version: number
  /** From each earlier version one step up: `upgrade[v]` makes a row of v+1 out of one of v. */
  readonly upgrade?: Readonly<Record<number, Step>>
  /** Back again, where rollback is promised: `downgrade[v]` makes a row of v out of one of v+1. */
  readonly downgrade?: Readonly<Record<number, Step>>
  /**
   * State of another class (or of another name) that this one takes, by 'Class.state': an element
   * whose class was changed keeps its state then.
   */
  readonly takes?: Readonly<Record<string, Taken>>
}

export interface TableDecl<K extends Columns = Columns, R extends Columns = Columns>
  extends Evolution {
  readonly kind: 'table'
  readonly scope: Scope
  readonly merge?: Merge
  readonly reason?: string
  readonly key: K
  readonly row: R
  /** Rows held at most, or the configuration keyword that says it. */
  readonly capacity: number | string
  readonly expire?: Expiry
}

export interface CellDecl<R extends Columns = Columns> extends Evolution {
  readonly kind: 'cell'
  /** A cell is `shared` or `local`: there is one, so it cannot belong to a bucket. */
  readonly scope: 'shared' | 'local'
  readonly merge?: Merge
  readonly reason?: string
  readonly row: R
}

/** Packets held inside an element, in order: they move with their buckets. */
export interface PacketsDecl {
  readonly kind: 'packets'
  /** Packets held at most, or the configuration keyword that says it. */
  readonly capacity: number | string
}

export type StateDecl = TableDecl | CellDecl | PacketsDecl

/** A table as an element sees it. Key columns are passed in their declared order. */
export interface Table<K extends Columns, R extends Columns> {
  /**
   * The row of a key, or null. The view is the table's own and shows this row until the next `get`
   * or `insert`.
   */
  get(...key: number[]): Row<K & R> | null
  /** Like `get` with a second view: for looking at another row while the first is in use. */
  peek(...key: number[]): Row<K & R> | null
  /**
   * A new row, zero in all columns but the key; the row of that key where there is one; null at
   * capacity (counted in `full`). Same view as `get`.
   * @param bucket the row's bucket for scope `flow`; ignored otherwise
   */
  insert(bucket: number, ...key: number[]): Row<K & R> | null
  /** Removes the row of a key; false: there was none. */
  remove(...key: number[]): boolean
  clear(): void
  readonly size: number
  readonly capacity: number
  /** Inserts that found the table at capacity. */
  readonly full: number
  /** Rows that went by expiry. */
  readonly expired: number
  /** Calls `visit` for every row, in no order. For handlers: it takes as long as the table is large. */
  each(visit: (row: Row<K & R>) => void): void
  /**
   * Calls `visit` for the rows in at most `places` places of the table, from the one that `at` (0 to
   * below 1) says on, round the end: a look at a part of a table that is too large for `each`.
   */
  some(at: number, places: number, visit: (row: Row<K & R>) => void): void
}

import type { Packet } from './packet.ts'

/** Held packets as an element sees them: a bounded first-in first-out queue. */
export interface PacketFifo {
  /** Appends; false: at capacity, the packet is still the caller's. */
  push(p: Packet): boolean
  /** Puts in front. */
  unshift(p: Packet): boolean
  /** Takes the oldest, or null. */
  shift(): Packet | null
  peek(): Packet | null
  readonly length: number
  /** Packets held at most; may be changed: what is held beyond a lowered one stays. */
  capacity: number
  /** Calls `visit` in order; packets for which it returns true are taken out (and are the visitor's). */
  extract(visit: (p: Packet) => boolean): void
}

/** Declares a table. Throws where the upgrade chain has a gap. */
export function table<const K extends Columns, const R extends Columns>(
  decl: Omit<TableDecl<K, R>, 'kind'>,
): TableDecl<K, R> {
  checkEvolution(decl)
  if (decl.scope === 'shared' && decl.merge === undefined)
    throw new Error('a table of scope shared must say how copies merge')
  if (decl.scope === 'local' && decl.reason === undefined)
    throw new Error('a table of scope local must give its reason')
  return Object.freeze({ kind: 'table' as const, ...decl })
}

/** Declares a cell: a table of one row that is always there, zero at first. */
export function cell<const R extends Columns>(decl: Omit<CellDecl<R>, 'kind'>): CellDecl<R> {
  checkEvolution(decl)
  if (decl.scope === 'shared' && decl.merge === undefined)
    throw new Error('a cell of scope shared must say how copies merge')
  if (decl.scope === 'local' && decl.reason === undefined)
    throw new Error('a cell of scope local must give its reason')
  return Object.freeze({ kind: 'cell' as const, ...decl })
}

/** Declares a queue of held packets. */
export function packets(decl: Omit<PacketsDecl, 'kind'>): PacketsDecl {
  return Object.freeze({ kind: 'packets' as const, ...decl })
}

function checkEvolution(decl: Evolution): void {
  const { version, upgrade, downgrade, takes = {} } = decl
  if (!Number.isInteger(version) || version < 1)
    throw new Error(`version ${version}: must be an integer from 1`)
  checkChain('upgrade', version, upgrade)
  checkChain('downgrade', version, downgrade)
  for (const [state, versions] of Object.entries(takes)) {
    if (!/^\w+\.\w+$/.test(state)) throw new Error(`takes '${state}': must be 'Class.state'`)
    for (const [from, { to }] of Object.entries(versions))
      for (let v = to; v !== version; v++)
        if (v > version || upgrade?.[v] === undefined)
          throw new Error(`takes '${state}' ${from}: no way from version ${to} to ${version}`)
  }
}

function checkChain(
  what: 'upgrade' | 'downgrade',
  version: number,
  steps: Readonly<Record<number, Step>> = {},
): void {
  const froms = Object.keys(steps).map(Number)
  const wrong = froms.find((v) => v < 1 || v >= version)
  if (wrong !== undefined) throw new Error(`${what} step ${wrong}: this is version ${version}`)
  for (let v = Math.min(...froms, version); v < version; v++)
    if (steps[v] === undefined) throw new Error(`no ${what} step ${v}: the chain has a gap`)
}
