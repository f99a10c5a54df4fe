// The sending side of a move's state: walks the rows of the moving buckets into chunks while the
// packet loop goes on, then the changes since, then (after the fence) the held packets. Called
// between turns of the loop; each call is bounded by its bytes, by WALK_STEPS and, where the caller
// says so, by a number of rows: a chunk then stays open until it is full.
//
//   next ─▶ shared rows, rows of the buckets, then changes as they come   (any number of calls)
//   finish ─▶ the rest of these, held packets; null: all sent             (after the last fence)
//   forget: N owns the buckets.   abort: O stays owner, with all it had.
//
// State of merge `sum` is a share of a total over all replicas: it goes along only when the source
// retires (hands over everything), else it would be counted twice.

import { ClickUpError } from '../lib/errors.ts'
import { WALK_STEPS } from '../lib/limits.ts'
import { ChunkWriter } from './chunk.ts'
import type { Fifo } from './fifo.ts'
import type { Packet } from './packet.ts'
import { stateId } from './schema.ts'
import type { CellEntry, PacketsEntry, StateEntry, StateStore, TableEntry } from './state.ts'
import { Outgoing } from './state-outgoing.ts'
import { packetRecordBytes, writePacket } from './state-packet.ts'
import type { PlanEntry, TransferPlan } from './state-plan.ts'
import * as record from './state-record.ts'
import { RowBatch } from './state-walk.ts'

/** A table or cell under way. */
interface Stream {
  readonly plan: PlanEntry
  readonly entry: TableEntry | CellEntry
  readonly moving: Uint8Array
  readonly out: Outgoing
}

interface PacketStream {
  readonly index: number
  readonly plan: PlanEntry
  readonly entry: PacketsEntry
}

export interface SourceOptions {
  /** The source hands over everything it has; default: where all buckets move. */
  readonly retire?: boolean
  /** Bytes to be left free in front of each chunk, a multiple of 8. */
  readonly front?: number
}

export class SnapshotSource {
  rowsSent = 0
  deltasSent = 0
  packetsSent = 0
  bytesSent = 0
  readonly retire: boolean
  readonly #store: StateStore
  readonly #streams: Stream[] = []
  readonly #packetStreams: PacketStream[] = []
  readonly #moving: Uint8Array
  readonly #writer: ChunkWriter
  readonly #batch = new RowBatch()
  /** A chunk is under way. */
  #writing = false
  #chunkRecords = 0
  /** Where the walk stands: stream, and in RowStore.cursor the row. */
  #walkStream = 0
  /** What is left of the call's bounds. */
  #steps = 0
  #rowsLeft = 0
  /** Packets taken out of the queues: kept until the target is the owner. */
  #handed: { readonly fifo: Fifo; readonly packet: Packet; readonly stream: PacketStream }[] = []
  #handedSent = 0
  #extracted = false
  #tracking = true
  /** Aborted or forgotten: nothing more comes. */
  #ended = false
  #failed: ClickUpError | null = null
  #forgetStream = 0
  #forgetRow = 0

  /** @param buckets numbers of the moving buckets, or one byte for each bucket (1: moves) */
  constructor(
    store: StateStore,
    plan: TransferPlan,
    buckets: Uint8Array | readonly number[],
    options: SourceOptions = {},
  ) {
    this.#store = store
    this.#writer = new ChunkWriter(options.front)
    this.#moving = movingMap(buckets, store.buckets)
    this.retire = options.retire ?? this.#moving.every((m) => m === 1)
    for (const [index, e] of plan.entries.entries()) this.#open(e, index)
    // Shared state first: a row of a bucket may lean on it.
    this.#streams.sort((a, b) => a.entry.rows.buckets - b.entry.rows.buckets)
    for (const s of this.#streams) s.entry.rows.track(s.moving)
  }

  get snapshotDone(): boolean {
    return this.#walkStream === this.#streams.length
  }

  /** Changes that wait to be sent. */
  get pendingDeltas(): number {
    let n = 0
    for (const s of this.#streams) n += s.entry.rows.changes + s.out.told.length
    return n
  }

  /** Records and bytes of the last chunk. */
  get chunkRecords(): number {
    return this.#chunkRecords
  }

  get chunkBytes(): number {
    return this.#writer.bytes
  }

  /**
   * The next chunk; null: none yet (`busy`), or nothing to send now. Throws LIMIT where the stream
   * is too slow.
   * @param maxRows of this call: the chunk is given once it is full, or the walk or the changes end
   */
  next(maxBytes: number, maxRows: number = Number.MAX_SAFE_INTEGER): ArrayBuffer | null {
    this.#checkOverflow()
    if (!this.#tracking) return null
    if (!this.#writing) this.#writer.start(maxBytes)
    this.#writing = true
    this.#steps = WALK_STEPS
    this.#rowsLeft = maxRows
    const walked = this.snapshotDone
    const over = this.#walk() && (!walked || this.#drain())
    if (this.#rowsLeft <= 0 && !over) return null
    if (over && !walked && maxRows === Number.MAX_SAFE_INTEGER) this.#drain()
    return this.#take()
  }

  /** Takes the memory of a chunk back that is done with. */
  reuse(memory: ArrayBuffer): void {
    this.#writer.reuse(memory)
  }

  /** What is in the chunk under way; null: nothing. */
  flush(): ArrayBuffer | null {
    return this.#writing ? this.#take() : null
  }

  /** True: `next` has something, or may have (a bounded call can come back empty-handed). */
  get busy(): boolean {
    return this.#tracking && (!this.snapshotDone || this.#writing || this.pendingDeltas > 0)
  }

  /** After the last fence: the rest. Null: everything was sent, and changes are no longer tracked. */
  finish(maxBytes: number): ArrayBuffer | null {
    this.#checkOverflow()
    if (this.#ended) return null
    while (this.busy) {
      const chunk = this.next(maxBytes)
      if (chunk !== null) return chunk
    }
    if (this.#tracking) this.#untrack()
    if (!this.#extracted) this.#extract()
    this.#writer.start(maxBytes)
    while (this.#handedSent < this.#handed.length) {
      const { packet, stream } = this.#handed[this.#handedSent]!
      const bytes = packetRecordBytes(packet)
      const n = this.#writer.record(stream.index, stream.plan.from.fingerprint, bytes)
      if (n < 0) break
      writePacket(packet, this.#writer.at, n)
      this.#handedSent++
      this.packetsSent++
    }
    return this.#take()
  }

  /** Frees the packets that chunks hold already: where nothing can be undone (hand-over.ts). */
  releaseSent(): void {
    for (const { packet } of this.#handed.splice(0, this.#handedSent)) this.#store.pool.free(packet)
    this.#handedSent = 0
  }

  /** Stops; every row and packet is the source's as before. */
  abort(): void {
    this.#ended = true
    if (this.#tracking) this.#untrack()
    for (let n = this.#handed.length - 1; n >= 0; n--) {
      const { fifo, packet } = this.#handed[n]!
      fifo.putBack(packet)
    }
    this.#handed = []
    this.#handedSent = 0
  }

  /** After release: removes what moved, a few rows at a time; true: finished. */
  forget(maxRows: number): boolean {
    this.#ended = true
    if (this.#tracking) this.#untrack()
    for (const { packet } of this.#handed) this.#store.pool.free(packet)
    this.#handed = []
    this.#handedSent = 0
    let left = maxRows
    let places = WALK_STEPS
    for (; this.#forgetStream < this.#streams.length; this.#forgetStream++) {
      const s = this.#streams[this.#forgetStream]!
      if (!s.entry.rows.drain(left)) return false
      if (!this.#forgets(s)) continue
      if (s.entry.kind === 'cell') {
        zeroCell(s.entry)
        continue
      }
      const { rows, table } = s.entry
      for (; this.#forgetRow < rows.top; this.#forgetRow++) {
        if (left <= 0 || places-- <= 0) return false
        const r = this.#forgetRow
        if (!rows.isLive(r) || s.moving[rows.listOf(r)] === 0) continue
        left--
        table.$drop(r)
      }
      this.#forgetRow = 0
    }
    return true
  }

  // ---- Walk and changes --------------------------------------------------------------------

  /** Writes rows that were not sent yet; true: the walk is over. */
  #walk(): boolean {
    for (; this.#walkStream < this.#streams.length; this.#walkStream++) {
      const s = this.#streams[this.#walkStream]!
      const { rows } = s.entry
      while (rows.cursor < rows.top) {
        const room = this.#room(s)
        if (room === 0) return false
        this.#batch.walk(rows, room, this.#steps)
        this.rowsSent += this.#write(s)
      }
    }
    return true
  }

  /** Writes changes; true: there are no more. */
  #drain(): boolean {
    for (const s of this.#streams) {
      const { rows } = s.entry
      while (rows.firstChange() >= 0 || s.out.told.length > 0) {
        const room = this.#room(s)
        if (room === 0) return false
        this.#batch.changes(rows, room, this.#steps)
        this.deltasSent += this.#write(s)
      }
    }
    return true
  }

  /** Rows of a stream that the chunk and the call's bounds have room for. */
  #room(s: Stream): number {
    if (this.#steps <= 0) return 0
    return Math.max(0, Math.min(s.out.room(this.#writer), this.#rowsLeft))
  }

  /** Writes the batch; gives how many records it was. */
  #write(s: Stream): number {
    this.#steps -= this.#batch.looked
    this.#rowsLeft -= this.#batch.count
    return s.out.write(this.#batch, this.#writer, this.#store.clock.nowMs)
  }

  #take(): ArrayBuffer | null {
    this.#writing = false
    const { records } = this.#writer
    const chunk = this.#writer.take()
    if (chunk === null) return null
    this.#chunkRecords = records
    this.bytesSent += this.#writer.bytes
    return chunk
  }

  // ---- Start and end -----------------------------------------------------------------------

  #open(plan: PlanEntry, index: number): void {
    const entry = this.#store.need(plan.from)
    if (entry.kind === 'packets') {
      this.#packetStreams.push({ index, plan, entry })
      return
    }
    if (entry.schema.scope === 'shared' && isShare(plan) && !this.retire) return
    const moving = this.#movingLists(entry)
    const share = moving.reduce((n, m) => n + m, 0) / moving.length
    const out = new Outgoing(index, plan, entry, Math.ceil(entry.rows.size * share))
    this.#streams.push({ plan, entry, moving, out })
  }

  /** One byte for each list of the table: which lists go. The last is of rows without a bucket. */
  #movingLists(entry: StateEntry): Uint8Array {
    if (entry.schema.scope !== 'flow') return new Uint8Array([1])
    const lists = new Uint8Array(this.#moving.length + 1)
    lists.set(this.#moving)
    lists[this.#moving.length] = this.retire ? 1 : 0
    return lists
  }

  #extract(): void {
    this.#extracted = true
    for (const stream of this.#packetStreams) {
      const fifo = stream.entry.fifo
      fifo.extract((packet) => {
        const goes = packet.bucket < 0 ? this.retire : this.#moving[packet.bucket] === 1
        if (goes) this.#handed.push({ fifo, packet, stream })
        return goes
      })
    }
  }

  /** `flow` rows moved; a sum was given away. Other shared state is everyone's. */
  #forgets(s: Stream): boolean {
    return s.entry.schema.scope === 'flow' || isShare(s.plan)
  }

  #untrack(): void {
    this.#tracking = false
    for (const s of this.#streams) s.entry.rows.untrack()
  }

  #checkOverflow(): void {
    const s = this.#tracking ? this.#streams.find((t) => t.entry.rows.overflowed) : undefined
    if (s !== undefined) {
      this.#untrack()
      this.#failed = new ClickUpError(
        'LIMIT',
        `state ${stateId(s.plan.from)}: more rows were removed than the stream could tell of`,
        'The target takes state too slowly. Move again, fewer buckets at a time.',
      )
    }
    // Changes were lost: from here on there is no end but `abort`.
    if (this.#failed !== null && !this.#ended) throw this.#failed
  }
}

/** A share of a total, by either side's rule. */
function isShare({ from, to }: PlanEntry): boolean {
  return from.merge === 'sum' || to.merge === 'sum'
}

function movingMap(buckets: Uint8Array | readonly number[], count: number): Uint8Array {
  if (buckets instanceof Uint8Array) {
    if (buckets.length !== count)
      throw new Error(`buckets: ${buckets.length} given, the service has ${count}`)
    return buckets.map((b) => (b === 0 ? 0 : 1))
  }
  const map = new Uint8Array(count)
  for (const b of buckets) {
    if (!(b >= 0 && b < count)) throw new Error(`bucket ${b}: the service has ${count}`)
    map[b] = 1
  }
  return map
}

function zeroCell(entry: CellEntry): void {
  const at = record.arraysOf(entry.rows, 0)
  at.i32.fill(0, 0, entry.rows.layout.dataWords)
}
