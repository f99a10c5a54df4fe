// Which rows of a table come next into a chunk: a few at a time, as row numbers with their buckets,
// so that generated code (table-bulk.ts) can copy them in one go. Two sources: the walk over all
// rows of the moving buckets, and the list of changes.

import { CHUNK_BYTES } from '../lib/limits.ts'
import { PUT, REMOVE } from './chunk.ts'
import type { RowStore } from './table-rows.ts'

/** Rows of one go: more than a chunk of the shortest records holds are of no use. */
const BATCH_ROWS = CHUNK_BYTES / 16

export class RowBatch {
  readonly slots = new Int32Array(BATCH_ROWS)
  /** Bucket and operation of each, in pairs. */
  readonly heads = new Int32Array(BATCH_ROWS * 2)
  count = 0
  /** Rows that were looked at to find these. */
  looked = 0

  #add(r: number, bucket: number, op: number): void {
    const n = this.count++
    this.slots[n] = r
    this.heads[2 * n] = bucket
    this.heads[2 * n + 1] = op
  }

  /** Collects at most `max` rows from the cursor on, of `steps` looked at, and marks them as sent. */
  walk(rows: RowStore, max: number, steps: number): void {
    this.count = 0
    const most = Math.min(max, BATCH_ROWS)
    const from = rows.cursor
    while (this.count < most) {
      const left = steps - (rows.cursor - from)
      const r = left > 0 ? rows.nextUnsent(left) : -1
      if (r < 0) break
      this.#add(r, rows.bucketOf(r), PUT)
      rows.markSent(r)
    }
    this.looked = rows.cursor - from
  }

  /** Takes at most `max` changes off the list. Removed rows' columns stay until a row is added. */
  changes(rows: RowStore, max: number, steps: number): void {
    this.count = 0
    this.looked = 0
    const most = Math.min(max, BATCH_ROWS)
    while (this.looked < steps && this.count < most) {
      const r = rows.firstChange()
      if (r < 0) return
      this.looked++
      // A row that came and went between two chunks is nothing to the target.
      if (rows.isLive(r)) this.#add(r, rows.bucketOf(r), PUT)
      else if (rows.isRemoval(r)) this.#add(r, rows.bucketOf(r), REMOVE)
      rows.shiftChange()
    }
  }
}
