// Expiry: a sweep over a table's slots, SWEEP_ROWS at a time, from one end to the other and again.
// An idle row is removed unless the element's `keep` says otherwise.

import { SWEEP_PASS_MS, SWEEP_ROWS } from '../lib/limits.ts'
import type { Expiry } from './declare.ts'
import type { RowView } from './row.ts'
import { classesOf, type TableInside } from './table.ts'

export class Expirer {
  readonly #table: TableInside
  readonly #expire: Expiry
  readonly #idleMs: number
  readonly #selfRef: () => unknown
  #view: RowView
  /** The idle column, in 8-byte units from the start of the row. */
  readonly #column: number
  #at = 0
  #passFromMs = Number.NEGATIVE_INFINITY

  /** @param idleSeconds how long a row may be unused */
  constructor(table: TableInside, expire: Expiry, idleSeconds: number, selfRef: () => unknown) {
    const layout = table.$c.layout
    const column = layout.columns.find((c) => c.name === expire.idle)
    if (column?.type !== 'time')
      throw new Error(`expire: '${expire.idle}' is not a column of type time`)
    this.#table = table
    this.#expire = expire
    this.#idleMs = idleSeconds * 1000
    this.#selfRef = selfRef
    this.#view = new (classesOf(layout).View)(table.$c)
    this.#column = column.offset >>> 3
  }

  /** The table has other rows now. */
  rebind(): void {
    const { $c } = this.#table
    this.#view = new (classesOf($c.layout).View)($c)
    this.#at = 0
  }

  /** Looks at a few rows; true: a pass is under way, so a next call soon has work. */
  sweep(nowMs: number): boolean {
    const c = this.#table.$c
    if (this.#at === 0) {
      if (nowMs - this.#passFromMs < SWEEP_PASS_MS) return false
      this.#passFromMs = nowMs
    }
    const end = Math.min(c.top, this.#at + SWEEP_ROWS)
    for (let r = this.#at; r < end; r++) if (c.isLive(r) && this.#isOver(r, nowMs)) this.#remove(r)
    this.#at = end >= c.top ? 0 : end
    return this.#at !== 0
  }

  #isOver(r: number, nowMs: number): boolean {
    const c = this.#table.$c
    const idleMs = nowMs - c.f64[((r * c.words) >>> 1) + this.#column]!
    const { afterOf, keep } = this.#expire
    if (afterOf === undefined) {
      if (idleMs < this.#idleMs) return false
    } else if (idleMs < afterOf(this.#selfRef(), this.#view.$at(r)) * 1000) return false
    return keep === undefined || !keep(this.#selfRef(), this.#view.$at(r))
  }

  #remove(r: number): void {
    // `keep` may have removed the row itself, or cleared the table.
    if (!this.#table.$c.isLive(r)) return
    this.#table.$drop(r)
    this.#table.$c.expired++
  }
}
