// State that cannot go by reference in a hand-over inside one process: rows of another version, or for
// which the new table is too small to take the memory. It goes through the same snapshot, chunks and
// loading as between replicas, in steps between turns, and what changes meanwhile goes again.

import {
  CHUNK_BYTES,
  HAND_OVER_CHUNK_BYTES,
  HAND_OVER_DELTAS,
  HAND_OVER_STALLS,
} from '../lib/limits.ts'
import type { StateStore } from './state.ts'
import type { PlanEntry } from './state-plan.ts'
import { SnapshotSource } from './state-source.ts'
import { SnapshotTarget } from './state-target.ts'

export class RowTransfer {
  readonly #source: SnapshotSource
  readonly #target: SnapshotTarget
  readonly #time: { nowMs: number }
  readonly #entries: ReadonlySet<PlanEntry>
  #over = false

  /** @param time what both stores' clock reads */
  constructor(
    from: StateStore,
    to: StateStore,
    time: { nowMs: number },
    entries: readonly PlanEntry[],
  ) {
    const plan = { entries, discarded: [] }
    const everything = new Uint8Array(from.buckets).fill(1)
    this.#entries = new Set(entries)
    this.#time = time
    this.#source = new SnapshotSource(from, plan, everything, { retire: true })
    this.#target = new SnapshotTarget(to, plan)
  }

  has(entry: PlanEntry): boolean {
    return this.#entries.has(entry)
  }

  get rows(): number {
    return this.#source.rowsSent
  }

  get deltas(): number {
    return this.#source.deltasSent
  }

  /** Until little is left: what comes after that is for `finish`. */
  *steps(): Generator<void, void> {
    let best = Number.POSITIVE_INFINITY
    for (let stalls = 0; this.#source.busy && stalls < HAND_OVER_STALLS; ) {
      this.#still(() => {
        const chunk = this.#source.next(HAND_OVER_CHUNK_BYTES)
        if (chunk !== null) this.#target.apply(chunk)
      })
      yield
      if (!this.#source.snapshotDone) continue
      const { pendingDeltas } = this.#source
      if (pendingDeltas <= HAND_OVER_DELTAS) return
      if (pendingDeltas >= best) stalls++
      best = Math.min(best, pendingDeltas)
    }
  }

  /** The rest, and packets: nothing runs any more on the old side. */
  finish(): void {
    this.#over = true
    this.#still(() => {
      for (let c = this.#next(); c !== null; c = this.#next()) this.#target.apply(c)
      this.#source.releaseSent()
      this.#target.commit()
    })
  }

  abandon(): void {
    if (this.#over) return
    this.#over = true
    this.#source.abort()
    this.#target.discard()
  }

  #next(): ArrayBuffer | null {
    const chunk = this.#source.finish(CHUNK_BYTES)
    this.#source.releaseSent() // the pool is shared, and may have no other frames
    return chunk
  }

  /** Times travel as ages, and both sides have one clock: unchanged where it stands at 0. */
  #still(work: () => void): void {
    const { nowMs } = this.#time
    this.#time.nowMs = 0
    try {
      work()
    } finally {
      this.#time.nowMs = nowMs
    }
  }
}
