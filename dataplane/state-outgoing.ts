// Rows of a table or cell as they go into chunks at a move's source: as they are, in one go; or, for
// a rollback, brought down to the target's version first, since its older code cannot know how.

import { type ChunkWriter, PUT, REMOVE } from './chunk.ts'
import type { Step } from './declare.ts'
import type { CellEntry, TableEntry } from './state.ts'
import { convertInto, copyKey, keysMayMeet, stepsOf, writeRow } from './state-convert.ts'
import type { PlanEntry } from './state-plan.ts'
import {
  arraysOf,
  firstWord,
  layoutOfSchema,
  RECORD_SHIFT,
  recordBytes,
  timesToAges,
} from './state-record.ts'
import { Rekey, type Told } from './state-rekey.ts'
import type { RowBatch } from './state-walk.ts'
import { classesOf } from './table.ts'
import { type BulkCode, bulkOf } from './table-bulk.ts'
import type { Layout } from './table-layout.ts'

export class Outgoing {
  /** Bytes of a record. */
  readonly bytes: number
  /** What changed keys have made of rows, and found no room in a chunk yet. */
  readonly told: { readonly bucket: number; readonly told: Told }[] = []
  readonly #index: number
  readonly #plan: PlanEntry
  readonly #entry: TableEntry | CellEntry
  /** Rows that are to come, about. */
  readonly #expected: number
  /** Layout of the records, and the fingerprint that goes with it. */
  readonly #wire: Layout
  readonly #fingerprint: string
  readonly #bulk: BulkCode
  /** Brings rows down to the target's version; null: they go as they are. */
  readonly #steps: Step | null
  /** Where that may change keys. */
  readonly #rekey: Rekey | null

  /** @param index of the state in the plan */
  constructor(index: number, plan: PlanEntry, entry: TableEntry | CellEntry, expected: number) {
    this.#index = index
    this.#plan = plan
    this.#entry = entry
    this.#expected = expected
    const travels = plan.convertAt === 'source' ? plan.to : plan.from
    this.#wire = layoutOfSchema(travels)
    this.#fingerprint = travels.fingerprint
    this.bytes = recordBytes(this.#wire)
    this.#bulk = bulkOf(entry.rows.layout)
    this.#steps = plan.convertAt === 'source' ? stepsOf(entry.decl, plan) : null
    this.#rekey = rekeyOf(plan, entry, this.#wire, this.#steps)
  }

  /** Steps of an author run for each row: a row costs microseconds, not nanoseconds. */
  get converts(): boolean {
    return this.#steps !== null
  }

  room(writer: ChunkWriter): number {
    return writer.room(this.#index, this.bytes)
  }

  /** Writes the rows of a batch; gives how many records it made. */
  write(batch: RowBatch, writer: ChunkWriter, nowMs: number): number {
    if (this.#rekey !== null) return this.#writeRekeyed(this.#rekey, batch, writer, nowMs)
    const { slots, heads, count } = batch
    if (count === 0) return 0
    const n = writer.claim(this.#index, this.#fingerprint, this.bytes, count, this.#expected)
    const { rows } = this.#entry
    if (this.#steps === null) this.#bulk.out(rows, slots, heads, count, writer.at, n, nowMs)
    else this.#convert(this.#steps, batch, writer, n, nowMs)
    return count
  }

  /** Rows in the target's version. Of one that is left behind there, a removal. */
  #convert(steps: Step, batch: RowBatch, writer: ChunkWriter, first: number, nowMs: number): void {
    const { slots, heads, count } = batch
    const { at } = writer
    const { rows } = this.#entry
    const words = this.bytes / 4
    at.i32.fill(0, first, first + count * words)
    const source = { layout: rows.layout, at: arraysOf(rows, 0), b: 0 }
    const target = { layout: this.#wire, at, b: 0 }
    for (let k = 0, n = first; k < count; k++, n += words) {
      source.at = arraysOf(rows, slots[k]!)
      source.b = firstWord(rows, slots[k]!)
      target.b = n + RECORD_SHIFT
      const put = heads[2 * k + 1] === PUT
      const kept = put && convertInto(steps, this.#plan, source, target, true)
      if (!kept) copyKey(source, target)
      at.i32[n] = heads[2 * k]!
      at.i32[n + 1] = kept ? PUT : REMOVE
      timesToAges(this.#wire, at.f64, target.b, nowMs)
    }
  }

  /** The same where keys may change: what a row does to others goes along. */
  #writeRekeyed(rekey: Rekey, batch: RowBatch, writer: ChunkWriter, nowMs: number): number {
    const { slots, heads, count } = batch
    const { rows } = this.#entry
    for (let k = 0; k < count; k++) {
      const r = slots[k]!
      const told = heads[2 * k + 1] === PUT ? rekey.put(r) : rekey.remove(r)
      // A row that stands again belongs to its own bucket.
      for (const one of told) {
        const bucket = one.id < 0 || one.id === r ? heads[2 * k]! : rows.bucketOf(one.id)
        this.told.push({ told: one, bucket })
      }
    }
    let written = 0
    for (; written < this.told.length; written++) {
      const n = writer.record(this.#index, this.#fingerprint, this.bytes)
      if (n < 0) break
      const { told, bucket } = this.told[written]!
      const { at } = writer
      at.i32[n] = bucket
      at.i32[n + 1] = told.put ? PUT : REMOVE
      const target = { layout: this.#wire, at, b: n + RECORD_SHIFT }
      writeRow(this.#plan, told.row, target)
      timesToAges(this.#wire, at.f64, target.b, nowMs)
    }
    this.told.splice(0, written)
    return written
  }
}

function rekeyOf(
  plan: PlanEntry,
  entry: TableEntry | CellEntry,
  wire: Layout,
  steps: Step | null,
): Rekey | null {
  if (steps === null || entry.kind === 'cell' || !keysMayMeet(plan)) return null
  const { rows, decl, schema } = entry
  const { data } = classesOf(rows.layout)
  const old = (r: number) => data.read(arraysOf(rows, r), firstWord(rows, r))
  const column = decl.expire?.idle
  const idle = column === undefined ? null : { column, of: 'old' as const }
  const rule = { merge: schema.merge, idle }
  return new Rekey(wire, schema.capacity, { old, convert: steps }, rule)
}
