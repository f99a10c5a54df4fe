// The receiving side of a move's state. A chunk is checked as a whole, rows of an older version are
// brought up, and only then is anything applied: a chunk is in or it is not.
//
// Until `commit` everything that came can be undone with `discard`: rows of the buckets that came
// (the target owned none of them), shared state's share, packets in queues. Expiry is held so long.

import { type Chunk, PACKET, PUT, REMOVE, readChunk, refused, type Section } from './chunk.ts'
import type { Packet, Pool } from './packet.ts'
import type { CellEntry, PacketsEntry, StateStore, TableEntry } from './state.ts'
import { SharedMerge } from './state-merge.ts'
import { checkPacket, readPacket } from './state-packet.ts'
import type { PlanEntry, TransferPlan } from './state-plan.ts'
import * as record from './state-record.ts'
import type { Layout } from './table-layout.ts'
import { arraysOver, type RecordArrays } from './table-rows.ts'

interface RowSink {
  readonly kind: 'rows'
  readonly plan: PlanEntry
  readonly entry: TableEntry | CellEntry
  /** Layout of the records, and the fingerprint that goes with it. */
  readonly wire: Layout
  readonly fingerprint: string
  readonly bytes: number
  /** For shared state. */
  readonly merge: SharedMerge | null
  /** Rows without a bucket that came: the target may have others of its own. */
  readonly loose: Set<number>
}

interface PacketSink {
  readonly kind: 'packets'
  readonly entry: PacketsEntry
  readonly fingerprint: string
  readonly came: Set<Packet>
}

type Sink = RowSink | PacketSink

/** Records of one section, checked, in the target's own layout, times as times. */
interface Work {
  readonly sink: Sink
  readonly heads: Int32Array
  readonly at: RecordArrays
  /** First word of record n: of the record itself for packets, else seen as a row. */
  readonly words: Int32Array
  next: number
}

export class SnapshotTarget {
  rowsApplied = 0
  removalsApplied = 0
  /** Rows that found their table full: the new version's capacity is too small. */
  rowsRefused = 0
  packetsApplied = 0
  /** Packets that found no free frame or a full queue: lost. */
  packetsRefused = 0
  readonly #store: StateStore
  readonly #pool: Pool
  readonly #sinks: Sink[]
  readonly #work: Work[] = []
  /** Buckets of which rows came. */
  readonly #seen: Uint8Array
  #open = true

  constructor(store: StateStore, plan: TransferPlan) {
    this.#store = store
    this.#pool = store.pool
    this.#sinks = plan.entries.map((e) => makeSink(store, e))
    this.#seen = new Uint8Array(store.buckets)
    store.holdExpiry()
  }

  /**
   * Takes a chunk; throws PROTOCOL or INCOMPATIBLE where it is refused, and then nothing of it was
   * applied. Chunks are applied in the order in which they come.
   * @returns records that wait for `resume`; 0 unless `maxRows` was reached
   */
  apply(chunk: ArrayBuffer, maxRows: number = Number.MAX_SAFE_INTEGER): number {
    if (!this.#open) throw new Error('apply: the move is over')
    const read = readChunk(chunk)
    const works = read.sections.map((s) => this.#check(read, s))
    for (const w of works) this.#prepare(w)
    this.#work.push(...works)
    return this.resume(maxRows)
  }

  /** Applies more of what came. */
  resume(maxRows: number): number {
    let left = maxRows
    while (this.#work.length > 0) {
      const w = this.#work[0]!
      for (; w.next < w.words.length; w.next++) {
        if (left-- <= 0) return this.#waiting()
        if (w.sink.kind === 'packets') this.#applyPacket(w.sink, w, w.words[w.next]!)
        else this.#applyRow(w.sink, w, w.next)
      }
      this.#work.shift()
    }
    return 0
  }

  /** The target is the owner: nothing will be undone. */
  commit(): void {
    if (this.#waiting() > 0) throw new Error('commit: records wait to be applied')
    this.#close()
    for (const s of this.#sinks) {
      if (s.kind === 'rows') s.merge?.commit()
      else s.came.clear()
    }
  }

  /** Undoes the move: drops everything that came. */
  discard(): void {
    if (!this.#open) return
    this.#close()
    this.#work.length = 0
    for (const s of this.#sinks) {
      if (s.kind === 'packets') this.#discardPackets(s)
      else if (s.merge !== null) s.merge.discard()
      else this.#discardRows(s)
    }
  }

  // ---- Checking ----------------------------------------------------------------------------

  #check(chunk: Chunk, s: Section): Work {
    const sink = this.#sinks[s.state]
    if (sink === undefined) throw refused(`the plan has no state ${s.state}`)
    if (sink.fingerprint !== s.fingerprint)
      throw refused(`state ${s.state} has schema ${s.fingerprint}, not ${sink.fingerprint}`)
    const words = sink.kind === 'rows' ? rowWords(sink, s) : packetWords(chunk, s)
    const heads = new Int32Array(words.length * 2)
    words.forEach((n, k) => {
      const bucket = chunk.i32[n]!
      const op = chunk.i32[n + 1]!
      // Packets that are not steered say by a negative number why.
      const least = sink.kind === 'packets' ? -128 : -1
      if (bucket < least || bucket >= this.#store.buckets) throw refused(`bucket ${bucket}`)
      if (sink.kind === 'packets' ? op !== PACKET : op !== PUT && op !== REMOVE)
        throw refused(`operation ${op}`)
      heads[k * 2] = bucket
      heads[k * 2 + 1] = op
    })
    return { sink, heads, at: chunk, words, next: 0 }
  }

  /** Ages become times; rows of another version are converted into memory of their own. */
  #prepare(w: Work): void {
    if (w.sink.kind === 'packets') return
    const { wire, plan, entry } = w.sink
    const from = w.at
    for (let k = 0; k < w.words.length; k++) {
      w.words[k] = w.words[k]! + record.RECORD_SHIFT
      record.agesToTimes(wire, from.f64, w.words[k]!, this.#store.clock.nowMs)
    }
    if (plan.convertAt !== 'target') return
    const own = entry.rows.layout
    const memory = new ArrayBuffer(w.words.length * own.words * 4)
    const at = arraysOver(memory)
    const { schema, decl } = entry
    for (let k = 0; k < w.words.length; k++) {
      const source = { layout: wire, at: from, b: w.words[k]! }
      const target = { layout: own, at, b: k * own.words }
      record.convertInto(decl, schema, source, plan.from.version, target, schema.version)
      w.words[k] = target.b
    }
    Object.assign(w, { at })
  }

  // ---- Applying ----------------------------------------------------------------------------

  #applyRow(sink: RowSink, w: Work, k: number): void {
    const b = w.words[k]!
    const bucket = w.heads[k * 2]!
    if (w.heads[k * 2 + 1] === REMOVE) {
      this.removalsApplied++
      if (sink.merge !== null) sink.merge.remove(w.at, b)
      else dropRow(sink, w.at, b)
      return
    }
    const took = sink.merge !== null ? sink.merge.put(w.at, b) : this.#putRow(sink, bucket, w.at, b)
    if (took) this.rowsApplied++
    else this.rowsRefused++
  }

  #putRow(sink: RowSink, bucket: number, at: RecordArrays, b: number): boolean {
    const entry = sink.entry
    if (entry.kind === 'cell') throw new Error('a cell of scope flow')
    const { rows, table } = entry
    const known = rows.size
    let r = table.$take(bucket, at, b)
    if (r >= 0 && rows.bucketOf(r) !== bucket) {
      table.$drop(r)
      r = table.$take(bucket, at, b)
    }
    if (r < 0) return false
    if (bucket >= 0) this.#seen[bucket] = 1
    else if (rows.size > known) sink.loose.add(r)
    const row = record.arraysOf(rows, r)
    record.copyColumns(rows.layout, at.i32, b, row.i32, record.firstWord(rows, r))
    if (rows.tracking !== 0) rows.touch(r)
    return true
  }

  #applyPacket(sink: PacketSink, w: Work, n: number): void {
    const p = readPacket(this.#pool, w.at, n)
    if (p !== null && sink.entry.fifo.push(p)) {
      this.packetsApplied++
      sink.came.add(p)
      return
    }
    if (p !== null) this.#pool.free(p)
    this.packetsRefused++
  }

  #waiting(): number {
    return this.#work.reduce((n, w) => n + w.words.length - w.next, 0)
  }

  #close(): void {
    if (!this.#open) return
    this.#open = false
    this.#store.releaseExpiry()
  }

  #discardRows(sink: RowSink): void {
    if (sink.entry.kind === 'cell') return
    const { rows, table } = sink.entry
    for (const r of sink.loose) if (rows.isLive(r)) table.$drop(r)
    for (let bucket = 0; bucket < this.#seen.length; bucket++) {
      if (this.#seen[bucket] === 0) continue
      for (let r = rows.first(bucket); r >= 0; r = rows.first(bucket)) table.$drop(r)
    }
  }

  #discardPackets(sink: PacketSink): void {
    sink.entry.fifo.extract((p) => {
      if (!sink.came.has(p)) return false
      this.#pool.free(p)
      return true
    })
    sink.came.clear()
  }
}

function makeSink(store: StateStore, plan: PlanEntry): Sink {
  const entry = store.need(plan.to)
  if (entry.kind === 'packets')
    return { kind: 'packets', entry, fingerprint: plan.from.fingerprint, came: new Set() }
  const travels = plan.convertAt === 'source' ? plan.to : plan.from
  const wire = record.layoutOfSchema(travels)
  return {
    kind: 'rows',
    plan,
    entry,
    wire,
    fingerprint: travels.fingerprint,
    bytes: record.recordBytes(wire),
    merge: plan.to.scope === 'shared' || entry.kind === 'cell' ? new SharedMerge(entry) : null,
    loose: new Set(),
  }
}

function rowWords(sink: RowSink, s: Section): Int32Array {
  if (s.records * sink.bytes !== s.bytes)
    throw refused(`${s.records} records of ${sink.bytes} bytes do not make ${s.bytes}`)
  return Int32Array.from({ length: s.records }, (_, k) => s.at + (k * sink.bytes) / 4)
}

function packetWords(chunk: Chunk, s: Section): Int32Array {
  const words: number[] = []
  const end = s.at * 4 + s.bytes
  for (let n = s.at; n * 4 < end; ) {
    const bytes = checkPacket(chunk, n, end)
    if (bytes < 0) throw refused('a held packet does not parse')
    words.push(n)
    n += bytes / 4
  }
  if (words.length !== s.records) throw refused(`${words.length} held packets of ${s.records}`)
  return Int32Array.from(words)
}

function dropRow(sink: RowSink, at: RecordArrays, b: number): void {
  if (sink.entry.kind === 'cell') return
  const r = sink.entry.table.$seek(at, b)
  if (r < 0) return
  sink.entry.table.$drop(r)
  sink.loose.delete(r)
}
