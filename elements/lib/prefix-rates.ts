// Rates by prefix of IPRateMonitor: a tree over the bytes of addresses, as rows by prefix.
//
// A rate is a moving average over epochs of 8 ms, an integer in units of 1/1024 an epoch, as Click has
// it: an epoch's count goes into it with a weight of 1/32.

import type { Row, Table } from '../../dataplane/declare.ts'
import type { RouterServices } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { setAddressAnno } from './annotation.ts'

const EPOCH_MS = 8
export const EPOCHS_PER_SECOND = 1000 / EPOCH_MS
const UNITS = 1024
const PARTS = 32
/** After so many epochs without anything the average is 0, or next to it. */
const FORGOTTEN = 512
/** What Click needs for a counter, and for the 256 below one: MEMORY is about these. */
const COUNTER_BYTES = 40
const BRANCH_BYTES = 2096
const FORWARD_ANNO = 20
const REVERSE_ANNO = 24

export const RATE_ROW = {
  forward: 'i32',
  reverse: 'i32',
  /** Counts of the epoch that is not over. */
  forward_now: 'f64',
  reverse_now: 'f64',
  epoch: 'f64',
  /** Are there rates of the next byte? */
  branch: 'u8',
  /** Epoch until which there shall be none. */
  held: 'f64',
} as const

const KEY = { addr: 'i32', level: 'u8' } as const
type RateRow = Row<typeof KEY & typeof RATE_ROW>

export interface Limits {
  /** Bytes; 0: none. */
  memory: number
}

/** What is needed of the element. */
export interface Monitored {
  readonly plan: { readonly threshold: number }
  readonly resource: Limits
  readonly router: RouterServices
  readonly state: {
    readonly prefixes: Table<typeof KEY, typeof RATE_ROW>
    readonly marks: { reset: number; folded: number; branches: number }
  }
}

export function epochOf(nowMs: number): number {
  return Math.floor(nowMs / EPOCH_MS)
}

export function memoryOf({ state }: Monitored): number {
  return BRANCH_BYTES * (state.marks.branches + 1) + COUNTER_BYTES * state.prefixes.size
}

/** Counts `amount` for an address, on every level that is kept. */
export function note(
  self: Monitored,
  addr: number,
  amount: number,
  forward: boolean,
  annotate: Packet | null,
): void {
  const { prefixes, marks } = self.state
  const now = epochOf(self.router.nowMs)
  for (let level = 0; level < 4; level++) {
    const row = rowOf(self, addr, level, now)
    if (row === null) return
    catchUp(row, now)
    if (forward) row.forward_now += amount
    else row.reverse_now += amount
    if (row.branch !== 0) continue
    const ahead = perSecond(row.forward)
    const back = perSecond(row.reverse)
    if (annotate !== null) {
      setAddressAnno(annotate, FORWARD_ANNO, ahead)
      setAddressAnno(annotate, REVERSE_ANNO, back)
    }
    const high = ahead >= self.plan.threshold || back >= self.plan.threshold
    if (!high || level === 3 || row.held >= now || !fits(self, BRANCH_BYTES)) break
    // The one below begins with the rates of its parent.
    row.branch = 1
    marks.branches++
    const { forward: f, reverse: r } = row
    const below = rowOf(self, addr, level + 1, now)
    if (below !== null) {
      below.forward = f
      below.reverse = r
    }
    break
  }
  if (now - marks.folded >= EPOCHS_PER_SECOND) {
    marks.folded = now
    if (prefixes.size > 0) fold(self, self.plan.threshold)
  }
}

function rowOf(self: Monitored, addr: number, level: number, now: number): RateRow | null {
  const { prefixes } = self.state
  const prefix = addr & (-1 << (24 - 8 * level))
  const known = prefixes.get(prefix, level)
  if (known !== null) return known
  const row = fits(self, 0) ? prefixes.insert(-1, prefix, level) : null
  if (row !== null) row.epoch = now
  return row
}

function fits(self: Monitored, more: number): boolean {
  const { memory } = self.resource
  return memory === 0 || memoryOf(self) + COUNTER_BYTES + more <= memory
}

/** Takes the epochs that are over into the averages. */
function catchUp(row: RateRow, now: number): void {
  const idle = now - row.epoch - 1
  if (idle < 0) return
  row.forward = averaged(row.forward, row.forward_now, idle)
  row.reverse = averaged(row.reverse, row.reverse_now, idle)
  row.forward_now = 0
  row.reverse_now = 0
  row.epoch = now
}

function averaged(average: number, count: number, idle: number): number {
  let a = average + Math.floor((count * UNITS + PARTS / 2 - average) / PARTS)
  if (idle >= FORGOTTEN) return 0
  for (let k = 0; k < idle; k++) a += Math.floor((PARTS / 2 - a) / PARTS)
  return a
}

function perSecond(average: number): number {
  return Math.floor((average * EPOCHS_PER_SECOND) / UNITS)
}

/** Forgets what is below prefixes whose rates are both below `threshold`; of one prefix, or of all. */
export function fold(
  self: Monitored,
  threshold: number,
  only?: { readonly addr: number; readonly level: number },
): void {
  const { prefixes, marks } = self.state
  const now = epochOf(self.router.nowMs)
  const quiet: { addr: number; level: number }[] = []
  prefixes.each((row) => {
    if (row.branch === 0) return
    const { addr, level } = row
    if (only !== undefined && (level !== only.level || !covers(addr, level, only.addr))) return
    catchUp(row, now)
    if (perSecond(row.forward) < threshold && perSecond(row.reverse) < threshold) {
      row.branch = 0
      quiet.push({ addr, level })
    }
  })
  if (quiet.length === 0) return
  const gone: { addr: number; level: number; branch: number }[] = []
  prefixes.each(({ addr, level, branch }) => {
    if (quiet.some((q) => level > q.level && covers(q.addr, q.level, addr)))
      gone.push({ addr, level, branch })
  })
  marks.branches -= quiet.length + gone.filter((g) => g.branch !== 0).length
  for (const { addr, level } of gone) prefixes.remove(addr, level)
}

function covers(prefix: number, level: number, addr: number): boolean {
  return (addr & (-1 << (24 - 8 * level))) === prefix
}

/** Text of `look`. */
export function look(self: Monitored): string {
  const now = epochOf(self.router.nowMs)
  const rows: { addr: number; level: number; forward: number; reverse: number }[] = []
  self.state.prefixes.each((row) => {
    catchUp(row, now)
    const { addr, level, forward, reverse } = row
    if (forward > 0 || reverse > 0) rows.push({ addr, level, forward, reverse })
  })
  rows.sort((a, b) => (a.addr >>> 0) - (b.addr >>> 0) || a.level - b.level)
  const lines = rows.map(({ addr, level, forward, reverse }) => {
    const bytes = [24, 16, 8, 0].slice(0, level + 1).map((shift) => (addr >>> shift) & 255)
    return `${'\t'.repeat(level)}${bytes.join('.')}\t${rate(forward)}\t${rate(reverse)}\n`
  })
  return `${now - self.state.marks.reset}\n${lines.join('')}`
}

function rate(average: number): string {
  return String(Number(((average * EPOCHS_PER_SECOND) / UNITS).toFixed(3)))
}
