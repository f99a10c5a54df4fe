// The receiving side of a move's state. A chunk is checked as a whole, rows of an older version are
// brought up, and only then is anything applied: a chunk is in or it is not.
//
// Until `commit` everything that came can be undone with `discard`: rows of the buckets that came
// (the target owned none of them), shared state's share, packets in queues. Expiry is held so long.

import { type Chunk, PACKET, PUT, REMOVE, readChunk, refused, type Section } from './chunk.ts'
import type { Packet, Pool } from './packet.ts'
import { stateId } from './schema.ts'
import type { CellEntry, PacketsEntry, StateStore, TableEntry } from './state.ts'
import { Incoming, type Records } from './state-incoming.ts'
import { SharedMerge } from './state-merge.ts'
import { checkPacket, readPacket } from './state-packet.ts'
import type { PlanEntry, TransferPlan } from './state-plan.ts'
import * as record from './state-record.ts'
import { type BulkCode, bulkOf } from './table-bulk.ts'
import type { Layout } from './table-layout.ts'
import type { RecordArrays } from './table-rows.ts'

interface RowSink {
  readonly kind: 'rows'
  readonly entry: TableEntry | CellEntry
  /** Makes rows of this version; null: they come as such. */
  readonly incoming: Incoming | null
  /** Layout of the records, and the fingerprint that goes with it. */
  readonly wire: Layout
  readonly fingerprint: string
  readonly bytes: number
  readonly bulk: BulkCode
  /** For shared state. */
  readonly merge: SharedMerge | null
  /** Rows without a bucket that came: the target may have others of its own. */
  readonly loose: Set<number>
}

interface PacketSink {
  readonly kind: 'packets'
  readonly entry: PacketsEntry
  readonly fingerprint: string
  /** Not in the queue before `commit`: elements that are at work would take them out. */
  readonly came: Packet[]
}

type Sink = RowSink | PacketSink

/** Records of one section, checked. */
interface RowWork {
  readonly sink: RowSink
  /** In the target's own layout. */
  readonly records: Records
  /** They hold times as times, not ages. */
  readonly absolute: boolean
  /** When they came, which ages count from. */
  readonly cameMs: number
  readonly count: number
  next: number
}

interface PacketWork {
  readonly sink: PacketSink
  readonly at: RecordArrays
  /** First word of each. */
  readonly words: readonly number[]
  readonly count: number
  next: number
}

type Work = RowWork | PacketWork

export interface TargetOptions {
  /** Queues take packets beyond their capacity: a move drops none. */
  readonly beyond?: boolean
}

export class SnapshotTarget {
  rowsApplied = 0
  removalsApplied = 0
  /** Rows that found their table full: the new version's capacity is too small. */
  rowsRefused = 0
  /** Name of the last such table. */
  fullState = ''
  packetsApplied = 0
  /** Packets that found no free frame, or (without `beyond`) a full queue: lost. */
  packetsRefused = 0
  readonly #store: StateStore
  readonly #pool: Pool
  readonly #beyond: boolean
  readonly #sinks: Sink[]
  readonly #work: Work[] = []
  /** Buckets of which rows came. */
  readonly #seen: Uint8Array
  #open = true

  constructor(store: StateStore, plan: TransferPlan, options: TargetOptions = {}) {
    this.#beyond = options.beyond ?? false
    this.#store = store
    this.#pool = store.pool
    this.#sinks = plan.entries.map((e) => makeSink(store, e))
    this.#seen = new Uint8Array(store.buckets)
    store.holdExpiry()
  }

  /**
   * Takes a chunk; throws PROTOCOL or INCOMPATIBLE where it is refused, and then nothing of it was
   * applied. Chunks are applied in the order in which they come.
   * @param length bytes of the memory that are the chunk
   * @returns records that wait for `resume`; 0 unless `maxRows` was reached
   */
  apply(
    chunk: ArrayBuffer,
    maxRows: number = Number.MAX_SAFE_INTEGER,
    length: number = chunk.byteLength,
  ): number {
    if (!this.#open) throw new Error('apply: the move is over')
    const read = readChunk(chunk, length)
    // All is checked before anything is converted, and all converted before anything is applied.
    for (const section of read.sections) this.#check(read, section)
    const works = read.sections.map((section) => this.#prepare(read, section))
    this.#work.push(...works)
    return this.resume(maxRows)
  }

  /** Applies more of what came. */
  resume(maxRows: number): number {
    let left = maxRows
    while (this.#work.length > 0) {
      const w = this.#work[0]!
      while (w.next < w.count) {
        if (left <= 0) return this.#waiting()
        const before = w.next
        if ('words' in w) this.#applyPacket(w.sink, w.at, w.words[w.next++]!)
        else if (w.sink.merge !== null) this.#mergeRow(w.sink.merge, w)
        else this.#applyRows(w, Math.min(left, w.count - w.next))
        left -= w.next - before
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
      else this.#enqueue(s)
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

  #check(chunk: Chunk, s: Section): void {
    const sink = this.#sinks[s.state]
    if (sink === undefined) throw refused(`the plan has no state ${s.state}`)
    if (sink.fingerprint !== s.fingerprint)
      throw refused(`state ${s.state} has schema ${s.fingerprint}, not ${sink.fingerprint}`)
    const { buckets } = this.#store
    if (sink.kind === 'packets') {
      for (const n of packetWords(chunk, s)) {
        const bucket = chunk.i32[n]!
        // Packets that are not steered say by a negative number why.
        if (bucket < -128 || bucket >= buckets) throw refused(`bucket ${bucket}`)
        if (chunk.i32[n + 1] !== PACKET) throw refused(`operation ${chunk.i32[n + 1]}`)
      }
      return
    }
    if (s.records * sink.bytes !== s.bytes)
      throw refused(`${s.records} records of ${sink.bytes} bytes do not make ${s.bytes}`)
    const { i32 } = chunk
    const words = sink.bytes >>> 2
    for (let k = 0, n = s.at; k < s.records; k++, n += words) {
      const bucket = i32[n]!
      const op = i32[n + 1]!
      if (bucket < -1 || bucket >= buckets) throw refused(`bucket ${bucket}`)
      if (op !== PUT && op !== REMOVE) throw refused(`operation ${op}`)
    }
  }

  /** Rows of another version are converted, into memory of their own. */
  #prepare(chunk: Chunk, s: Section): Work {
    const sink = this.#sinks[s.state]!
    if (sink.kind === 'packets')
      return { sink, at: chunk, words: packetWords(chunk, s), count: s.records, next: 0 }
    const { wire, incoming, bytes, entry } = sink
    if (entry.kind === 'table' && s.expected > 0)
      entry.table.$x.reserve(Math.min(s.expected, entry.rows.capacity))
    const came: Records = { at: chunk, first: s.at, count: s.records, words: bytes >>> 2 }
    const cameMs = this.#store.clock.nowMs
    const absolute = incoming !== null || sink.merge !== null
    if (absolute)
      for (let k = 0; k < came.count; k++) {
        const b = came.first + k * came.words + record.RECORD_SHIFT
        record.agesToTimes(wire, chunk.f64, b, cameMs)
      }
    const records = incoming === null ? came : incoming.convert(came)
    return { sink, records, absolute, cameMs, count: records.count, next: 0 }
  }

  // ---- Applying ----------------------------------------------------------------------------

  #mergeRow(merge: SharedMerge, w: RowWork): void {
    const n = w.records.first + w.next++ * w.records.words
    const { at } = w.records
    const b = n + record.RECORD_SHIFT
    if (at.i32[n + 1] === REMOVE) {
      this.removalsApplied++
      merge.remove(at, b)
    } else if (merge.put(at, b)) this.rowsApplied++
    else this.#refuse(w.sink)
  }

  #refuse({ entry }: RowSink): void {
    this.rowsRefused++
    this.fullState = stateId(entry.schema)
  }

  #applyRows(w: RowWork, max: number): void {
    const { sink, records, absolute, cameMs } = w
    const { at, first, words } = records
    if (sink.entry.kind === 'cell') throw new Error('a cell of scope flow')
    const from = first + w.next * words
    const done = sink.bulk.into(sink.entry.table, this.#seen, at, from, max, cameMs, absolute)
    w.next += done
    this.rowsApplied += done
    if (done === max) return
    this.#applyRow(sink, sink.entry, w)
  }

  /** What is not an ordinary put. */
  #applyRow(sink: RowSink, entry: TableEntry, w: RowWork): void {
    const { at, first, words } = w.records
    const n = first + w.next++ * words
    const b = n + record.RECORD_SHIFT
    if (at.i32[n + 1] === REMOVE) {
      this.removalsApplied++
      dropRow(sink, entry, at, b)
      return
    }
    const { rows } = entry
    if (!w.absolute) record.agesToTimes(rows.layout, at.f64, b, w.cameMs)
    if (this.#putRow(sink, entry, at.i32[n]!, at, b)) this.rowsApplied++
    else this.#refuse(sink)
  }

  #putRow(sink: RowSink, entry: TableEntry, bucket: number, at: RecordArrays, b: number): boolean {
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

  #applyPacket(sink: PacketSink, at: RecordArrays, n: number): void {
    const p = readPacket(this.#pool, at, n)
    if (p === null) {
      this.packetsRefused++
      return
    }
    const { fifo } = sink.entry
    if (!this.#beyond && fifo.length + sink.came.length >= fifo.capacity) {
      this.#pool.free(p)
      this.packetsRefused++
      return
    }
    this.packetsApplied++
    sink.came.push(p)
  }

  #enqueue({ entry, came }: PacketSink): void {
    for (const p of came.splice(0)) {
      // A smaller queue holds what it was handed until that has gone.
      if (this.#beyond) entry.fifo.append(p)
      else if (!entry.fifo.push(p)) {
        this.#pool.free(p)
        this.packetsApplied--
        this.packetsRefused++
      }
    }
  }

  #waiting(): number {
    return this.#work.reduce((n, w) => n + w.count - w.next, 0)
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
    for (let r = 0; r < rows.top; r++) {
      const bucket = rows.isLive(r) ? rows.bucketOf(r) : -1
      if (bucket >= 0 && this.#seen[bucket] === 1) table.$drop(r)
    }
  }

  #discardPackets(sink: PacketSink): void {
    for (const p of sink.came.splice(0)) this.#pool.free(p)
  }
}

function makeSink(store: StateStore, plan: PlanEntry): Sink {
  const entry = store.need(plan.to)
  if (entry.kind === 'packets')
    return { kind: 'packets', entry, fingerprint: plan.from.fingerprint, came: [] }
  const travels = plan.convertAt === 'source' ? plan.to : plan.from
  const wire = record.layoutOfSchema(travels)
  return {
    kind: 'rows',
    entry,
    incoming: plan.convertAt === 'target' ? new Incoming(plan, entry, store.buckets) : null,
    wire,
    fingerprint: travels.fingerprint,
    bytes: record.recordBytes(wire),
    bulk: bulkOf(entry.rows.layout),
    merge: plan.to.scope === 'shared' || entry.kind === 'cell' ? new SharedMerge(entry) : null,
    loose: new Set(),
  }
}

function packetWords(chunk: Chunk, s: Section): number[] {
  const words: number[] = []
  const end = s.at * 4 + s.bytes
  for (let n = s.at; n * 4 < end; ) {
    const bytes = checkPacket(chunk, n, end)
    if (bytes < 0) throw refused('a held packet does not parse')
    words.push(n)
    n += bytes / 4
  }
  if (words.length !== s.records) throw refused(`${words.length} held packets of ${s.records}`)
  return words
}

function dropRow(sink: RowSink, entry: TableEntry, at: RecordArrays, b: number): void {
  const r = entry.table.$seek(at, b)
  if (r < 0) return
  entry.table.$drop(r)
  sink.loose.delete(r)
}
