// The rows of one table: memory, hash index, bucket lists, and the list of changed rows that a move
// drains. Generated code (table-code.ts, row.ts) puts keys and columns on top of it; this class
// knows rows by number only, and is one class for every table, so that all its call sites stay
// monomorphic.
//
// Segments. Row r lies in segment r >>> SEGMENT_LOG2. Segments are added, never copied.
//
// Index. Open addressing, linear probing, pairs [hash, row + 1], 0 = empty. Deletion shifts back, so
// there are no tombstones. Growth makes an index of twice the size and moves a few pairs with
// every insert and sweep; while that lasts a key is looked for in both. Cells of the old index
// that were moved or removed become GONE, so that its probe chains stay whole.
//
// Changes. While `tracking`, every change that a move's target must hear of is on one first-in
// first-out list, threaded through the rows: an inserted row, a changed row that was sent already,
// and a removed row that was sent already. A removed row keeps its slot ("limbo") until its
// removal was read from the list. A row stands on the list at most once, so a key that is removed
// and inserted again is there twice, as two rows, in the right order.

import { SEGMENT_LOG2, TABLE_LIMBO_MIN } from '../lib/limits.ts'
import type { Layout } from './table-layout.ts'

const SEGMENT_ROWS = 1 << SEGMENT_LOG2
const SEGMENT_MASK = SEGMENT_ROWS - 1

/** Words of a row's header. */
const NEXT = 0
const PREV = 1
const META = 2
const CHANGED = 3

/** `meta`: bucket in the low 17 bits, flags, and the tracking epoch in which the row was sent. */
const BUCKET_MASK = 0x1ffff
const LIVE = 1 << 17
const LISTED = 1 << 18
const LIMBO = 1 << 19
const EPOCH_SHIFT = 20
const EPOCH_MASK = 0xfff << EPOCH_SHIFT

const GONE = -1
const INDEX_MIN = 64
/** Pairs of the old index that an insert moves on; more than 2 keeps growth ahead of the inserts. */
const MOVE_PER_INSERT = 8

/** Typed arrays over one memory: a segment, or a chunk whose records look like rows. */
export interface RecordArrays {
  readonly i32: Int32Array
  readonly u32: Uint32Array
  readonly f64: Float64Array
  readonly u16: Uint16Array
  readonly u8: Uint8Array
}

export function arraysOver(memory: ArrayBuffer | SharedArrayBuffer): RecordArrays {
  return {
    i32: new Int32Array(memory),
    u32: new Uint32Array(memory),
    f64: new Float64Array(memory),
    u16: new Uint16Array(memory),
    u8: new Uint8Array(memory),
  }
}

const NO_WORDS = new Int32Array(0)

// Fields that packets read have an initial value of their kind: see Packet.
export class RowStore {
  readonly layout: Layout
  readonly words: number = 0
  readonly capacity: number = 0
  /** Lists of rows; the last is for rows that belong to no bucket. */
  readonly buckets: number = 0
  readonly seed: number = 0
  readonly segments: RecordArrays[] = []
  /** The same by kind, as generated code wants them. */
  readonly i32: Int32Array[] = []
  readonly u32: Uint32Array[] = []
  readonly f64: Float64Array[] = []
  readonly u16: Uint16Array[] = []
  readonly u8: Uint8Array[] = []
  size = 0
  full = 0
  expired = 0
  /** Slots that were ever used: rows are below. */
  top = 0
  index: Int32Array = NO_WORDS
  /** Selects an even position in the index. */
  mask = 0
  old: Int32Array | null = null
  oldMask = 0
  /** 0: no move is under way. Else the move's epoch, as it stands in `meta`. Read by every setter. */
  tracking = 0
  /** Changes on the list that the target must hear of, or might. */
  changes = 0
  /** Limbo rows outgrew their bound, and tracking ended by itself. */
  overflowed = false
  /** Row at which a walk of a bucket's list stands; -1: at the end. */
  cursor = -1
  #heads: Int32Array = NO_WORDS
  #moving: Uint8Array = new Uint8Array(0)
  #epoch = 0
  #free = -1
  #firstChange = -1
  #lastChange = -1
  #limbo = 0
  readonly #limboMax: number
  readonly #slotsMax: number
  #oldAt = 0
  #indexed = 0

  /** @param buckets lists of rows, without the one for rows of no bucket */
  constructor(layout: Layout, capacity: number, buckets: number, seed: number) {
    this.layout = layout
    this.words = layout.words
    this.capacity = capacity
    this.buckets = buckets
    this.seed = seed
    this.#heads = new Int32Array(buckets + 1).fill(-1)
    this.#limboMax = Math.max(TABLE_LIMBO_MIN, capacity)
    this.#slotsMax = capacity + (layout.keys.length === 0 ? 0 : this.#limboMax)
    this.index = new Int32Array(INDEX_MIN * 2)
    this.mask = INDEX_MIN * 2 - 2
    this.#addSegment()
  }

  // ---- Slots -------------------------------------------------------------------------------

  /** A zeroed live row at the head of its bucket's list and in the index; -1 at capacity. */
  add(bucket: number, hash: number): number {
    if (this.size >= this.capacity) {
      this.full++
      return -1
    }
    let r = this.#free
    if (r >= 0) {
      this.#free = this.#i(r)[this.#b(r) + NEXT]!
    } else {
      r = this.top
      if (r >>> SEGMENT_LOG2 >= this.i32.length) this.#addSegment()
      this.top = r + 1
    }
    const i = this.#i(r)
    const b = this.#b(r)
    for (let w = b + this.words - 1; w >= b; w--) i[w] = 0
    const list = bucket >= 0 && bucket < this.buckets ? bucket : this.buckets
    const head = this.#heads[list]!
    i[b + NEXT] = head
    i[b + PREV] = -1
    i[b + META] = list | LIVE
    if (head >= 0) this.#i(head)[this.#b(head) + PREV] = r
    this.#heads[list] = r
    this.size++
    this.#enter(hash, r)
    if (this.tracking !== 0 && this.#moving[list] === 1) this.#list(r, i, b)
    return r
  }

  /** Removes a live row. */
  drop(r: number, hash: number): void {
    this.#leave(hash, r)
    const i = this.#i(r)
    const b = this.#b(r)
    const next = i[b + NEXT]!
    const prev = i[b + PREV]!
    const meta = i[b + META]!
    if (next >= 0) this.#i(next)[this.#b(next) + PREV] = prev
    if (prev >= 0) this.#i(prev)[this.#b(prev) + NEXT] = next
    else this.#heads[meta & BUCKET_MASK] = next
    if (r === this.cursor) this.cursor = next
    this.size--
    if ((meta & LISTED) !== 0) this.#toLimbo(i, b)
    else if (this.tracking !== 0 && (meta & EPOCH_MASK) === this.tracking) {
      this.#toLimbo(i, b)
      this.#list(r, i, b)
    } else this.#release(r, i, b)
    if (this.#limbo > this.#limboMax) {
      this.overflowed = true
      this.untrack()
    }
  }

  /** Marks a row as changed. Called by setters while `tracking`. */
  touch(r: number): void {
    const i = this.#i(r)
    const b = this.#b(r)
    const meta = i[b + META]!
    // Not sent yet: the walk will send it as it is then. On the list: will be sent anyway.
    // Above `top`: a view from before a `reset`.
    if (r >= this.top) return
    if ((meta & (LIVE | LISTED)) !== LIVE || (meta & EPOCH_MASK) !== this.tracking) return
    this.#list(r, i, b)
  }

  isLive(r: number): boolean {
    return r < this.top && (this.#i(r)[this.#b(r) + META]! & LIVE) !== 0
  }

  /** Bucket of a row; -1: none. */
  bucketOf(r: number): number {
    const list = this.#i(r)[this.#b(r) + META]! & BUCKET_MASK
    return list === this.buckets ? -1 : list
  }

  first(bucket: number): number {
    return this.#heads[bucket < 0 ? this.buckets : bucket]!
  }

  next(r: number): number {
    return this.#i(r)[this.#b(r) + NEXT]!
  }

  /** Forgets every row at once. Only where no move is under way and the list is empty. */
  reset(): void {
    if (this.tracking !== 0 || this.#firstChange >= 0) throw new Error('reset: rows are tracked')
    this.#heads.fill(-1)
    this.#free = -1
    this.top = 0
    this.size = 0
    this.cursor = -1
    this.index = new Int32Array(INDEX_MIN * 2)
    this.mask = INDEX_MIN * 2 - 2
    this.old = null
    this.#indexed = 0
  }

  // ---- Changes -----------------------------------------------------------------------------

  /** From here on changes of rows in `moving` lists (1 each; the last: no bucket) are listed. */
  track(moving: Uint8Array): void {
    if (this.tracking !== 0) throw new Error('track: a move of this table is under way')
    this.drain(Number.MAX_SAFE_INTEGER)
    this.#moving = moving
    // Epochs come round after 4095 moves. A row that still bears the number is taken for sent: its
    // changes are then sent before the walk comes to it, which the walk sees, and no harm is done.
    this.#epoch = (this.#epoch % 4095) + 1
    this.tracking = this.#epoch << EPOCH_SHIFT
    this.changes = 0
    this.cursor = -1
    this.overflowed = false
  }

  /** Ends tracking; what is on the list goes by and by, in `drain`. */
  untrack(): void {
    this.tracking = 0
    this.changes = 0
    this.cursor = -1
    if (this.overflowed) this.drain(Number.MAX_SAFE_INTEGER)
  }

  /** The walk has written this row into a chunk. */
  markSent(r: number): void {
    const i = this.#i(r)
    const m = this.#b(r) + META
    i[m] = (i[m]! & ~EPOCH_MASK) | this.tracking
  }

  isListed(r: number): boolean {
    return (this.#i(r)[this.#b(r) + META]! & LISTED) !== 0
  }

  /** The oldest changed row, or -1. */
  firstChange(): number {
    return this.#firstChange
  }

  /** For a row on the list: removed since, and the target knows it. */
  isRemoval(r: number): boolean {
    const meta = this.#i(r)[this.#b(r) + META]!
    return (meta & LIMBO) !== 0 && (meta & EPOCH_MASK) === this.tracking
  }

  /** Takes the oldest changed row off the list; a live one counts as sent from now on. */
  shiftChange(): void {
    const r = this.#firstChange
    const i = this.#i(r)
    const b = this.#b(r)
    this.#firstChange = i[b + CHANGED]!
    if (this.#firstChange < 0) this.#lastChange = -1
    if (this.changes > 0) this.changes--
    if ((i[b + META]! & LIMBO) !== 0) {
      this.#limbo--
      this.#release(r, i, b)
    } else i[b + META] = (i[b + META]! & ~(EPOCH_MASK | LISTED)) | this.tracking
  }

  /** Empties what tracking left of the list, at most `max` rows; true: empty. */
  drain(max: number): boolean {
    if (this.tracking !== 0) return true
    for (let n = 0; n < max && this.#firstChange >= 0; n++) this.shiftChange()
    return this.#firstChange < 0
  }

  // ---- Index -------------------------------------------------------------------------------

  /** Moves up to `pairs` cells of the old index on. */
  rehash(pairs: number): void {
    const old = this.old
    if (old === null) return
    const end = Math.min(this.#oldAt + pairs * 2, old.length)
    for (let s = this.#oldAt; s < end; s += 2) {
      const q = old[s + 1]!
      if (q > 0) {
        place(this.index, this.mask, old[s]!, q)
        old[s + 1] = GONE
      }
    }
    this.#oldAt = end
    if (end === old.length) this.old = null
  }

  #enter(hash: number, r: number): void {
    if (this.layout.keys.length === 0) return
    if (this.old !== null) this.rehash(MOVE_PER_INSERT)
    this.#indexed++
    // Half full: probe chains stay short.
    if (this.#indexed * 4 > this.index.length && this.old === null) {
      this.old = this.index
      this.oldMask = this.mask
      this.#oldAt = 0
      this.index = new Int32Array(this.old.length * 2)
      this.mask = this.index.length - 2
    }
    place(this.index, this.mask, hash, r + 1)
  }

  #leave(hash: number, r: number): void {
    if (this.layout.keys.length === 0) return
    this.#indexed--
    const s = seek(this.index, this.mask, hash, r + 1)
    if (s >= 0) {
      closeGap(this.index, this.mask, s)
      return
    }
    const old = this.old
    const t = old === null ? -1 : seek(old, this.oldMask, hash, r + 1)
    if (old === null || t < 0) throw new Error('index: a live row is missing')
    old[t + 1] = GONE
  }

  // ---- Memory ------------------------------------------------------------------------------

  #i(r: number): Int32Array {
    return this.i32[r >>> SEGMENT_LOG2]!
  }

  #b(r: number): number {
    return (r & SEGMENT_MASK) * this.words
  }

  #list(r: number, i: Int32Array, b: number): void {
    i[b + META] = i[b + META]! | LISTED
    i[b + CHANGED] = -1
    const last = this.#lastChange
    if (last >= 0) this.#i(last)[this.#b(last) + CHANGED] = r
    else this.#firstChange = r
    this.#lastChange = r
    this.changes++
  }

  #toLimbo(i: Int32Array, b: number): void {
    i[b + META] = (i[b + META]! & ~LIVE) | LIMBO
    this.#limbo++
  }

  #release(r: number, i: Int32Array, b: number): void {
    i[b + META] = 0
    i[b + NEXT] = this.#free
    this.#free = r
  }

  #addSegment(): void {
    const rows = Math.min(SEGMENT_ROWS, this.#slotsMax - this.i32.length * SEGMENT_ROWS)
    if (rows <= 0) throw new Error('rows: more slots than capacity and limbo allow')
    const arrays = arraysOver(new SharedArrayBuffer(rows * this.words * 4))
    this.segments.push(arrays)
    this.i32.push(arrays.i32)
    this.u32.push(arrays.u32)
    this.f64.push(arrays.f64)
    this.u16.push(arrays.u16)
    this.u8.push(arrays.u8)
  }
}

function place(index: Int32Array, mask: number, hash: number, q: number): void {
  let s = (hash << 1) & mask
  while (index[s + 1] !== 0) s = (s + 2) & mask
  index[s] = hash
  index[s + 1] = q
}

function seek(index: Int32Array, mask: number, hash: number, q: number): number {
  let s = (hash << 1) & mask
  for (;;) {
    const at = index[s + 1]!
    if (at === q) return s
    if (at === 0) return -1
    s = (s + 2) & mask
  }
}

/** Empties cell s, and moves later cells of its chain back so that none is cut off from its home. */
function closeGap(index: Int32Array, mask: number, s: number): void {
  let gap = s
  let at = s
  for (;;) {
    at = (at + 2) & mask
    if (index[at + 1] === 0) break
    const home = (index[at]! << 1) & mask
    // Stays where its home lies in (gap, at], seen around the ring.
    if (((at - home) & mask) < ((at - gap) & mask)) continue
    index[gap] = index[at]!
    index[gap + 1] = index[at + 1]!
    gap = at
  }
  index[gap] = 0
  index[gap + 1] = 0
}
