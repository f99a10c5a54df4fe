// A table of one version whose rows change while they are streamed into a table of another: what
// the tests of evolution do to a pair of declarations.
//
//   sides ─▶ rows inserted, changed, removed at the source between chunks ─▶ finish ─▶ compare
//
// What is right is known without the stream: each row that the source has at the end, converted.

import type { RowData, Step, TableDecl } from '../../../dataplane/declare.ts'
import { Pool } from '../../../dataplane/packet.ts'
import type { StateSchema } from '../../../dataplane/schema.ts'
import { StateStore } from '../../../dataplane/state.ts'
import { type PlanOptions, planTransfer, type TransferPlan } from '../../../dataplane/state-plan.ts'
import { SnapshotSource } from '../../../dataplane/state-source.ts'
import { SnapshotTarget } from '../../../dataplane/state-target.ts'

export const BUCKETS_LOG2 = 2
const ALL = new Uint8Array(1 << BUCKETS_LOG2).fill(1)

// biome-ignore lint/suspicious/noExplicitAny: rows of any declaration
export type AnyTable = any

export interface End {
  readonly store: StateStore
  readonly table: AnyTable
  readonly clock: { nowMs: number }
}

export interface Named {
  readonly element?: string
  readonly className?: string
  readonly state?: string
  readonly capacity?: number
}

/** One side: an element with a table of that declaration. */
export function end(decl: TableDecl, nowMs: number, named: Named = {}): End {
  const { element = 'x', className = 'X', state = 'rows', capacity = 4096 } = named
  const clock = { nowMs }
  const store = new StateStore({ bucketsLog2: BUCKETS_LOG2, clock, pool: new Pool(8), seed: nowMs })
  const table = store.instantiate(element, className, state, decl, capacity, null, () => null)
  return { store, table, clock }
}

/** Throws with the findings where the plan is refused. */
export function planOf(o: End, n: End, options: PlanOptions = {}): TransferPlan {
  const schemas = (e: End) => JSON.parse(JSON.stringify(e.store.schemas())) as StateSchema[]
  const result = planTransfer(schemas(o), schemas(n), options)
  if (!result.ok) throw new Error(result.findings.map((f) => `${f.where}: ${f.message}`).join('\n'))
  return JSON.parse(JSON.stringify(result.plan)) as TransferPlan
}

/** What happens at the source; `chunk`: the stream goes on by that many bytes. */
export type Event =
  | { readonly do: 'put'; readonly key: readonly number[]; readonly row: RowData }
  | { readonly do: 'remove'; readonly key: readonly number[] }
  | { readonly do: 'chunk'; readonly bytes: number }

export function happen(e: End, event: Exclude<Event, { do: 'chunk' }>): void {
  if (event.do === 'remove') {
    e.table.remove(...event.key)
    return
  }
  const bucket = Math.abs(event.key[0]!) % ALL.length
  const row = e.table.insert(bucket, ...event.key)
  if (row !== null) Object.assign(row, event.row)
}

/** Streams from one side to the other while events go on, to the end. */
export function stream(o: End, n: End, events: readonly Event[], options: PlanOptions = {}): void {
  const plan = planOf(o, n, options)
  const source = new SnapshotSource(o.store, plan, ALL)
  const target = new SnapshotTarget(n.store, plan)
  try {
    for (const event of events) {
      if (event.do !== 'chunk') happen(o, event)
      else {
        const chunk = source.next(event.bytes)
        if (chunk !== null) target.apply(chunk)
      }
    }
    for (let c = source.finish(256); c !== null; c = source.finish(256)) target.apply(c)
  } catch (error) {
    source.abort()
    target.discard()
    throw error
  }
  target.commit()
  while (!source.forget(64)) {}
}

/** Rows with their buckets, as text; times as ages. */
export function rowsOf({ table, clock }: End): string[] {
  const rows: string[] = []
  // biome-ignore lint/suspicious/noExplicitAny: a row of any declaration
  table.each((row: any) => rows.push(text(dataOf(table, row, clock), bucketOf(table, row))))
  return rows.sort()
}

/** The source's rows, converted by steps that are given here: `join` says what rows of one key are. */
export function converted(
  { table, clock }: End,
  steps: readonly Step[],
  keyOf: (row: RowData) => string,
  join: (a: Candidate, b: Candidate) => Candidate = (a) => a,
): string[] {
  const byKey = new Map<string, Candidate>()
  // biome-ignore lint/suspicious/noExplicitAny: a row of any declaration
  table.each((row: any) => {
    const old = dataOf(table, row, clock)
    let now: RowData | null = old
    for (const step of steps) now = now === null ? null : step(now)
    if (now === null) return
    const key = keyOf(now)
    const next = { old, row: now, bucket: bucketOf(table, row) }
    const known = byKey.get(key)
    byKey.set(key, known === undefined ? next : join(known, next))
  })
  return [...byKey.values()].map(({ row, bucket }) => text(row, bucket)).sort()
}

export interface Candidate {
  readonly old: RowData
  readonly row: RowData
  readonly bucket: number
}

function bucketOf(table: AnyTable, row: { $r: number }): number {
  return table.$c.bucketOf(row.$r)
}

// biome-ignore lint/suspicious/noExplicitAny: a row of any declaration
function dataOf(table: AnyTable, row: any, clock: { nowMs: number }): RowData {
  const data: RowData = {}
  for (const { name, type } of table.$c.layout.columns) {
    const value = row[name] as number | Uint8Array
    if (value instanceof Uint8Array) data[name] = value.slice()
    else data[name] = type === 'time' && value !== 0 ? value - clock.nowMs : value
  }
  return data
}

function text(row: RowData, bucket: number): string {
  const columns = Object.entries(row).map(([name, value]) => `${name}=${String(value)}`)
  return `${bucket}: ${columns.sort().join(' ')}`
}
