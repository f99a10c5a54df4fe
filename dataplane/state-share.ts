// State handed over by reference inside one process: memory, index and changes of a table go as they
// are, whatever the number of rows. Only where the rows look the same on both sides; else they go
// through a snapshot, as between replicas (hand-over-rows.ts).

import { TABLE_LIMBO_MIN } from '../lib/limits.ts'
import type { Pool } from './packet.ts'
import type { StateEntry } from './state.ts'
import type { PlanEntry } from './state-plan.ts'

/** Can `to` take the memory of `from`? */
export function isShareable({ from, to, convertAt }: PlanEntry, old: StateEntry): boolean {
  if (convertAt !== 'none') return false
  if (from.fingerprint !== to.fingerprint || from.kind !== to.kind) return false
  if (old.kind !== 'table') return true
  // Row numbers are bounded for good when a table is made: it can shrink, and grow to what it was.
  return to.capacity + Math.max(TABLE_LIMBO_MIN, to.capacity) <= old.rows.slotsMax
}

/**
 * From here on `next` shows what `old` held; `old` is of no use any more. Gives the entry that is
 * to stand in the store. Of packets, what is beyond the new capacity stays all the same.
 */
export function share(next: StateEntry, old: StateEntry): StateEntry {
  if (next.kind === 'packets' && old.kind === 'packets') {
    next.fifo.takeOver(old.fifo)
    return next
  }
  if (next.kind === 'cell' && old.kind === 'cell') {
    Object.assign(next.cell, old.cell)
    return { ...next, rows: old.rows }
  }
  if (next.kind !== 'table' || old.kind !== 'table') throw new Error('share: kinds differ')
  Object.assign(next.table, old.table)
  Object.assign(old.rows, { capacity: next.schema.capacity })
  next.expirer?.rebind()
  return { ...next, rows: old.rows }
}

/** What two entries have in common that one was shared from the other. */
export function memoryOf(entry: StateEntry): object {
  return entry.kind === 'packets' ? entry.fifo : entry.rows
}

/** State that nobody has taken: its packets and its memory are free again. */
export function release(entry: StateEntry, pool: Pool): void {
  if (entry.kind === 'packets') {
    for (let p = entry.fifo.shift(); p !== null; p = entry.fifo.shift()) pool.free(p)
    return
  }
  if (entry.kind === 'cell') return
  // Machine code that nobody runs any more may refer to the table for long.
  const { rows, table } = entry
  rows.untrack()
  rows.drain(Number.MAX_SAFE_INTEGER)
  table.clear()
  rows.free()
}
