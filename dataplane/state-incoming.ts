// Rows of another version as they come at a move's target: made rows of its own version before
// anything is applied, so that a row that cannot be converted refuses its whole chunk.
//
// Where keys may change (state-rekey.ts), the rows that came are kept in their old form until the
// move is over: a copy of the source's table.

import { PUT, REMOVE } from './chunk.ts'
import type { Columns, Step } from './declare.ts'
import type { StateSchema } from './schema.ts'
import type { CellEntry, TableEntry } from './state.ts'
import { convertInto, copyKey, keysMayMeet, stepsOf, writeRow } from './state-convert.ts'
import type { PlanEntry } from './state-plan.ts'
import {
  arraysOf,
  copyColumns,
  firstWord,
  layoutOfSchema,
  RECORD_SHIFT,
  recordBytes,
} from './state-record.ts'
import { Rekey, type Told } from './state-rekey.ts'
import { classesOf, makeTable, type TableInside } from './table.ts'
import type { Layout } from './table-layout.ts'
import { arraysOver, type RecordArrays } from './table-rows.ts'

/** Records as in a chunk: `count` of `words` words each, the first at word `first`. */
export interface Records {
  readonly at: RecordArrays
  readonly first: number
  readonly count: number
  readonly words: number
}

export class Incoming {
  readonly #plan: PlanEntry
  readonly #wire: Layout
  readonly #own: Layout
  readonly #steps: Step
  readonly #rekeyed: { readonly old: TableInside; readonly rekey: Rekey } | null

  constructor(plan: PlanEntry, entry: TableEntry | CellEntry, buckets: number) {
    this.#plan = plan
    this.#wire = layoutOfSchema(plan.from)
    this.#own = entry.rows.layout
    this.#steps = stepsOf(entry.decl, plan) ?? ((row) => row)
    this.#rekeyed =
      entry.kind === 'table' && keysMayMeet(plan)
        ? this.#makeRekey(entry, plan.from.scope === 'flow' ? buckets : 0)
        : null
  }

  /** Throws INCOMPATIBLE where a row cannot be converted. Of a row that is left behind, a removal. */
  convert(records: Records): Records {
    return this.#rekeyed === null ? this.#eachAlone(records) : this.#rekey(records, this.#rekeyed)
  }

  #eachAlone({ at, first, count, words }: Records): Records {
    const made = this.#room(count)
    const source = { layout: this.#wire, at, b: 0 }
    const target = { layout: this.#own, at: made.at, b: 0 }
    for (let k = 0; k < count; k++) {
      const from = first + k * words
      const to = k * made.words
      source.b = from + RECORD_SHIFT
      target.b = to + RECORD_SHIFT
      const put = at.i32[from + 1] === PUT
      const kept = put && convertInto(this.#steps, this.#plan, source, target, true)
      if (!kept) copyKey(source, target)
      made.at.i32[to] = at.i32[from]!
      made.at.i32[to + 1] = kept ? PUT : REMOVE
    }
    return made
  }

  #rekey(
    { at, first, count, words }: Records,
    { old, rekey }: { readonly old: TableInside; readonly rekey: Rekey },
  ): Records {
    const told: { readonly bucket: number; readonly told: Told }[] = []
    const tell = (all: readonly Told[], bucket: number) => {
      // A row that stands again belongs to the bucket that it came with.
      for (const one of all)
        told.push({ told: one, bucket: one.id < 0 ? bucket : old.$c.bucketOf(one.id) })
    }
    for (let k = 0; k < count; k++) {
      const bucket = at.i32[first + k * words]!
      const op = at.i32[first + k * words + 1]!
      const b = first + k * words + RECORD_SHIFT
      const known = old.$seek(at, b)
      if (op === REMOVE || (known >= 0 && old.$c.bucketOf(known) !== bucket)) {
        if (known < 0) continue
        tell(rekey.remove(known), bucket)
        old.$drop(known)
        if (op === REMOVE) continue
      }
      const id = old.$take(bucket, at, b)
      if (id < 0) throw new Error('incoming: more rows than the source can hold')
      const row = arraysOf(old.$c, id)
      copyColumns(this.#wire, at.i32, b, row.i32, firstWord(old.$c, id))
      tell(rekey.put(id), bucket)
    }
    const made = this.#room(told.length)
    for (const [k, { bucket, told: one }] of told.entries()) {
      const n = k * made.words
      writeRow(this.#plan, one.row, { layout: this.#own, at: made.at, b: n + RECORD_SHIFT })
      made.at.i32[n] = bucket
      made.at.i32[n + 1] = one.put ? PUT : REMOVE
    }
    return made
  }

  #room(count: number): Records {
    const bytes = recordBytes(this.#own)
    const at = arraysOver(new ArrayBuffer(count * bytes))
    return { at, first: 0, count, words: bytes >>> 2 }
  }

  #makeRekey({ decl, schema }: TableEntry, buckets: number) {
    const { from } = this.#plan
    const old = makeTable(
      { key: part(from, true), row: part(from, false) },
      from.capacity,
      buckets,
      1,
    )
    const { data } = classesOf(this.#wire)
    const read = (id: number) => data.read(arraysOf(old.$c, id), firstWord(old.$c, id))
    const column = decl.expire?.idle
    const idle = column === undefined ? null : { column, of: 'new' as const }
    const rekey = new Rekey(
      this.#own,
      from.capacity,
      { old: read, convert: this.#steps },
      { merge: schema.merge, idle },
    )
    return { old, rekey }
  }
}

function part(schema: StateSchema, key: boolean): Columns {
  const columns = schema.columns.filter((c) => c.key === key)
  return Object.fromEntries(columns.map((c) => [c.name, c.type]))
}
