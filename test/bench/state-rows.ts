// The rows that `make bench-state` measures with, how their keys follow from a number, and the order
// in which keys are visited. yardstick/table.cpp does the same.

import { type Columns, type Table, type TableDecl, table } from '../../dataplane/declare.ts'
import { makeTable, type TableInside } from '../../dataplane/table.ts'
import { bytesOf } from '../../dataplane/table-layout.ts'
import rewriter from '../../elements/tcpudp/IPRewriter.ts'

export type AnyTable = Table<Columns, Columns> & TableInside

/** Loops over a whole table; each has code of its own, as an element has. */
export interface Subject {
  readonly name: 'nat' | 'connection'
  readonly decl: { readonly key: Columns; readonly row: Columns }
  /** The same as an element declares it, with no steps. */
  readonly table: TableDecl
  /** Bytes of the declared columns. */
  readonly bytes: number
  make(capacity: number): AnyTable
  insert(table: AnyTable, order: Int32Array, from: number, to: number): void
  /** Reads only, and of rows that may not be there. */
  look(table: AnyTable, order: Int32Array, from: number, to: number): void
  hit(table: AnyTable, order: Int32Array, from: number, to: number): number
  /** As `hit`, but each waits for what the last one read (0): as it is between other work. */
  chained(table: AnyTable, order: Int32Array, from: number, to: number): number
  miss(table: AnyTable, order: Int32Array, from: number, to: number): void
  change(table: AnyTable, order: Int32Array, from: number, to: number): void
}

const CONNECTION = {
  key: { saddr: 'i32', daddr: 'i32', sport: 'u16', dport: 'u16', proto: 'u8' },
  row: { packets: 'f64', seen: 'time', rule: 'u32', port: 'u16', state: 'u8' },
} as const
const NAT = rewriter.state!.flows as { key: Columns; row: Columns }

const BUCKETS = 1024
const SEED = 1

/** @param key arguments of `get`, of key number q. @param read the column that a look-up reads */
function subject(
  name: Subject['name'],
  decl: { readonly key: Columns; readonly row: Columns },
  key: string,
  read: string,
): Subject {
  const loop = (body: string) =>
    new Function(
      'table',
      'order',
      'from',
      'to',
      `let sum = 0
      for (let k = from; k < to; k++) { let q = order[k]; ${body} }
      return sum`,
    )
  const insert = `{ const row = table.insert(q & ${BUCKETS - 1}, ${key}); row.seen = q }`
  return {
    name,
    decl,
    bytes: [...Object.values(decl.key), ...Object.values(decl.row)].reduce(
      (n, type) => n + bytesOf(type),
      0,
    ),
    make: (capacity) => makeTable(decl, capacity, BUCKETS, SEED) as AnyTable,
    insert: loop(insert) as Subject['insert'],
    table: table({ version: 1, scope: 'flow', ...decl, capacity: 1 }) as TableDecl,
    look: loop(
      `const row = table.get(${key}); if (row !== null) sum += row.${read}`,
    ) as Subject['look'],
    hit: loop(
      `const row = table.get(${key}); row.packets += 1; sum += row.${read}`,
    ) as Subject['hit'],
    chained: loop(
      `q += sum; const row = table.get(${key}); row.packets += 1; sum = (sum + row.${read}) | 0`,
    ) as Subject['chained'],
    miss: loop(
      `q += order.length; if (table.get(${key}) !== null) throw new Error('a row too many')`,
    ) as Subject['miss'],
    change: loop(
      `if (!table.remove(${key})) throw new Error('a row is missing'); ${insert}`,
    ) as Subject['change'],
  }
}

const ADDRESSES = '(0x0a000000 + q) | 0, Math.imul(q, 0x9e3779b1)'

export const SUBJECTS: readonly Subject[] = [
  subject('nat', NAT, `${ADDRESSES}, (q << 16) | 443, 6`, 'new_ports'),
  subject('connection', CONNECTION, `${ADDRESSES}, q & 65535, 443, 6`, 'port'),
]

/** Numbers below n: rows are inserted in this order. */
export function rising(n: number): Int32Array {
  return Int32Array.from({ length: n }, (_, k) => k)
}

/** The same at random, the same each time: rows are visited in this order. */
export function orderOf(n: number): Int32Array {
  const order = rising(n)
  let x = 2_463_534_242 | 0
  for (let k = n - 1; k > 0; k--) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    const j = (x >>> 0) % (k + 1)
    const other = order[j]!
    order[j] = order[k]!
    order[k] = other
  }
  return order
}
