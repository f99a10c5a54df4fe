// The rows of one table: memory, free slots, and the list of changed rows that a move drains.
// Generated code (table-code.ts, row.ts) puts keys, columns and the index on top of it; this class
// knows rows by number only, and is one class for every table, so that all its call sites stay
// monomorphic.
//
// Rows lie one after the other in memory that grows in place (table-memory.ts). A row's last word,
// `meta`, is the store's: bucket, state, and the move in which the row was sent; of a free slot, the
// next free one.
//
// Changes. While `tracking`, every change that a move's target must hear of is on one first-in
// first-out list: an inserted row, a changed row that was sent already, and a removed row that was
// sent already. A removed row keeps its slot ("limbo") until its removal was read from the list. A
// row stands on the list at most once, so a key that is removed and inserted again is there twice,
// as two rows, in the right order.
//
// Walk. A move visits the rows as they lie (`nextUnsent`): memory is read from front to back, and
// rows need no links by bucket. What is inserted meanwhile, before or behind, is on the list.

import { TABLE_BYTES_MAX, TABLE_LIMBO_MIN } from '../lib/limits.ts'
import { ChangeQueue } from './table-changes.ts'
import type { Layout } from './table-layout.ts'
import { arraysOver, GrowingMemory, type RecordArrays } from './table-memory.ts'

export { arraysOver, type RecordArrays } from './table-memory.ts'

const NONE = arraysOver(new ArrayBuffer(0))

/** `meta`: flags, the bucket in 17 bits, and the tracking epoch in which the row was sent. */
const LIVE = 1
const LISTED = 2
const LIMBO = 4
const FLAGS = 3
const BUCKET_MASK = 0x1ffff
const EPOCH_SHIFT = 20
const EPOCH_MASK = 0xfff << EPOCH_SHIFT

// Fields that packets read have an initial value of their kind: see Packet.
export class RowStore implements RecordArrays {
  readonly layout: Layout
  readonly words: number = 0
  readonly capacity: number = 0
  /** Buckets that rows may belong to; a row of none has this number in its `meta`. */
  readonly buckets: number = 0
  readonly seed: number = 0
  /** Over all rows; others once the table has grown. */
  i32 = NONE.i32
  u32 = NONE.u32
  f64 = NONE.f64
  u16 = NONE.u16
  u8 = NONE.u8
  size = 0
  full = 0
  /** What was read ahead of need (table-bulk.ts): kept, so that the reading is not left out. */
  near = 0
  expired = 0
  /** Slots that were ever used: rows are below. */
  top = 0
  /** 0: no move is under way. Else the move's epoch, as it stands in `meta`. Read by every setter. */
  tracking = 0
  /** Changes on the list that the target must hear of, or might. */
  changes = 0
  /** Limbo rows outgrew their bound, and tracking ended by itself. */
  overflowed = false
  /** Row that a move's walk looks at next. */
  cursor = 0
  /** Slots at most: rows, and removed rows of which a stream has not told yet. */
  readonly slotsMax: number = 0
  readonly #meta: number = 0
  readonly #list = new ChangeQueue()
  #memory: GrowingMemory
  #moving: Uint8Array = new Uint8Array(0)
  #epoch = 0
  #free = -1
  #limbo = 0
  readonly #limboMax: number = 0

  /** @param buckets that rows may belong to; rows of none are told apart beside them */
  constructor(layout: Layout, capacity: number, buckets: number, seed: number) {
    this.layout = layout
    this.words = layout.words
    this.#meta = layout.words - 1
    this.capacity = capacity
    this.buckets = buckets
    this.seed = seed
    const bytes = layout.words * 4
    const limbo = layout.keys.length === 0 ? 0 : Math.max(TABLE_LIMBO_MIN, capacity)
    this.slotsMax = Math.min(capacity + limbo, Math.floor(TABLE_BYTES_MAX / bytes))
    this.#limboMax = this.slotsMax - capacity
    if (this.#limboMax < 0) throw new Error(`capacity ${capacity}: too many rows of ${bytes} bytes`)
    this.#memory = new GrowingMemory(bytes, Math.max(this.slotsMax, 1) * bytes)
    this.#show()
  }

  // ---- Slots -------------------------------------------------------------------------------

  /** A zeroed live row; -1 at capacity. */
  add(bucket: number): number {
    if (this.size >= this.capacity) {
      this.full++
      return -1
    }
    let r = this.#free
    if (r < 0) {
      r = this.top
      if ((r + 1) * this.words > this.i32.length) this.#grow()
      this.top = r + 1
    }
    const i = this.i32
    const b = r * this.words
    const m = b + this.#meta
    if (r === this.#free) this.#free = (i[m]! >>> FLAGS) - 1
    for (let w = m - 1; w >= b; w--) i[w] = 0
    const list = bucket >= 0 && bucket < this.buckets ? bucket : this.buckets
    i[m] = (list << FLAGS) | LIVE
    this.size++
    if (this.tracking !== 0 && this.#moving[list] === 1) this.#enlist(r, i, m)
    return r
  }

  /** Removes a live row. */
  drop(r: number): void {
    const i = this.i32
    const m = r * this.words + this.#meta
    const meta = i[m]!
    this.size--
    if ((meta & LISTED) !== 0) this.#toLimbo(i, m)
    else if (this.tracking !== 0 && (meta & EPOCH_MASK) === this.tracking) {
      this.#toLimbo(i, m)
      this.#enlist(r, i, m)
    } else this.#release(r, i, m)
    if (this.#limbo > this.#limboMax) {
      this.overflowed = true
      this.untrack()
    }
  }

  /** Marks a row as changed. Called by setters while `tracking`. */
  touch(r: number): void {
    const i = this.i32
    const m = r * this.words + this.#meta
    const meta = i[m]!
    // Not sent yet: the walk will send it as it is then. On the list: will be sent anyway.
    // Above `top`: a view from before a `reset`.
    if (r >= this.top) return
    if ((meta & (LIVE | LISTED)) !== LIVE || (meta & EPOCH_MASK) !== this.tracking) return
    this.#enlist(r, i, m)
  }

  isLive(r: number): boolean {
    return r < this.top && (this.i32[r * this.words + this.#meta]! & LIVE) !== 0
  }

  /** Bucket of a row; -1: none. */
  bucketOf(r: number): number {
    const list = this.listOf(r)
    return list === this.buckets ? -1 : list
  }

  /** As `bucketOf`, but `buckets` for a row of none: its place in a map of what moves. */
  listOf(r: number): number {
    return (this.i32[r * this.words + this.#meta]! >>> FLAGS) & BUCKET_MASK
  }

  /** Forgets every row at once. Only where no move is under way and the list is empty. */
  reset(): void {
    if (this.tracking !== 0 || this.#list.length > 0) throw new Error('reset: rows are tracked')
    this.#free = -1
    this.top = 0
    this.size = 0
  }

  /** Gives the memory back, for a table that is empty and of no use any more. */
  free(): void {
    const bytes = this.words * 4
    this.#memory = new GrowingMemory(bytes, bytes)
    this.#show()
  }

  /** Bytes of the rows, and of the list of changes. */
  get bytes(): number {
    return this.#memory.bytes + this.#list.bytes
  }

  // ---- Changes -----------------------------------------------------------------------------

  /** From here on changes of rows of `moving` buckets (1 each; the last: of none) are listed. */
  track(moving: Uint8Array): void {
    if (this.tracking !== 0) throw new Error('track: a move of this table is under way')
    this.drain(Number.MAX_SAFE_INTEGER)
    this.#moving = moving
    // Epochs come round after 4095 moves. A row that still bears the number is taken for sent: its
    // changes are then sent before the walk comes to it, which the walk sees, and no harm is done.
    this.#epoch = (this.#epoch % 4095) + 1
    this.tracking = this.#epoch << EPOCH_SHIFT
    this.changes = 0
    this.cursor = 0
    this.overflowed = false
  }

  /** Ends tracking; what is on the list goes by and by, in `drain`. */
  untrack(): void {
    this.tracking = 0
    this.changes = 0
    if (this.overflowed) this.drain(Number.MAX_SAFE_INTEGER)
  }

  /**
   * The next live row of a moving bucket that is not on the list, from `cursor` on, of at most
   * `places` looked at; -1: there is none. `cursor` is then at it, or at what was not looked at.
   */
  nextUnsent(places: number): number {
    const end = Math.min(this.top, this.cursor + places)
    for (let r = this.cursor; r < end; r++) {
      const meta = this.i32[r * this.words + this.#meta]!
      // A listed row is new or changed: its turn comes with the changes.
      if ((meta & (LIVE | LISTED)) !== LIVE) continue
      if (this.#moving[(meta >>> FLAGS) & BUCKET_MASK] !== 1) continue
      this.cursor = r
      return r
    }
    this.cursor = Math.max(this.cursor, end)
    return -1
  }

  /** The walk has written the row at the cursor into a chunk. */
  markSent(r: number): void {
    const i = this.i32
    const m = r * this.words + this.#meta
    i[m] = (i[m]! & ~EPOCH_MASK) | this.tracking
    this.cursor = r + 1
  }

  /** The oldest changed row, or -1. */
  firstChange(): number {
    return this.#list.first()
  }

  /** For a row on the list: removed since, and the target knows it. */
  isRemoval(r: number): boolean {
    const meta = this.i32[r * this.words + this.#meta]!
    return (meta & LIMBO) !== 0 && (meta & EPOCH_MASK) === this.tracking
  }

  /** Takes the oldest changed row off the list; a live one counts as sent from now on. */
  shiftChange(): void {
    const r = this.#list.first()
    const i = this.i32
    const m = r * this.words + this.#meta
    this.#list.shift()
    if (this.changes > 0) this.changes--
    if ((i[m]! & LIMBO) !== 0) {
      this.#limbo--
      this.#release(r, i, m)
    } else i[m] = (i[m]! & ~(EPOCH_MASK | LISTED)) | this.tracking
  }

  /** Empties what tracking left of the list, at most `max` rows; true: empty. */
  drain(max: number): boolean {
    if (this.tracking !== 0) return true
    for (let n = 0; n < max && this.#list.length > 0; n++) this.shiftChange()
    return this.#list.length === 0
  }

  // ---- Memory ------------------------------------------------------------------------------

  #enlist(r: number, i: Int32Array, m: number): void {
    i[m] = i[m]! | LISTED
    this.#list.push(r)
    this.changes++
  }

  #toLimbo(i: Int32Array, m: number): void {
    i[m] = (i[m]! & ~LIVE) | LIMBO
    this.#limbo++
  }

  #release(r: number, i: Int32Array, m: number): void {
    i[m] = (this.#free + 1) << FLAGS
    this.#free = r
  }

  #grow(): void {
    if (!this.#memory.grow()) throw new Error('rows: more slots than capacity and limbo allow')
    this.#show()
  }

  #show(): void {
    const arrays = this.#memory.arrays()
    this.i32 = arrays.i32
    this.u32 = arrays.u32
    this.f64 = arrays.f64
    this.u16 = arrays.u16
    this.u8 = arrays.u8
  }
}
