// Shifted sequence numbers: what an element in the middle of a TCP connection (FTPPortMapper) put in
// or took out of its data. From a sequence number on, all later ones of that direction are moved by
// an amount, and acknowledgements of the other direction are moved back.
//
// A row a direction, keyed as the direction's packets come in, with its last transitions. An older
// one than these is forgotten: its amount is then what counts for everything before.

import { type Columns, type Row, type Table, table } from '../../dataplane/declare.ts'
import { NAT_MAPPINGS_MAX, NAT_SHIFTS } from '../../lib/limits.ts'
import { readIp, writeIp } from './arp.ts'
import { diff32, updated } from './checksum.ts'
import { type FlowRow, type Rewriter, SHIFTED } from './rewriter-flows.ts'
import { swapped, TCP } from './rewriter-packet.ts'

const KEY = { saddr: 'i32', daddr: 'i32', ports: 'i32' } as const
/** After a gigabyte more, a transition's number can no longer be told from a later one. */
const FAR = 0x4000_0000

/** `first`: the amount before all transitions; `from0`, `by0` … the transitions, oldest first. */
const ROW = Object.fromEntries([
  ['count', 'u8'],
  ['first', 'i32'],
  ['made', 'time'],
  ...Array.from({ length: NAT_SHIFTS }, (_, i) => [
    [`from${i}`, 'i32'],
    [`by${i}`, 'i32'],
  ]).flat(),
]) as { count: 'u8'; first: 'i32'; made: 'time' } & Columns
type ShiftRow = Row<typeof KEY & typeof ROW>
export type Shifts = Table<typeof KEY, typeof ROW>

export interface Shifter extends Rewriter {
  readonly state: Rewriter['state'] & { readonly shifts: Shifts }
}

export const shiftsTable = table<typeof KEY, typeof ROW>({
  version: 1,
  scope: 'flow',
  key: KEY,
  row: ROW,
  capacity: NAT_MAPPINGS_MAX * 2,
  expire: {
    idle: 'made',
    after: 60,
    // As long as its mapping is there.
    keep: (self: Shifter, row: ShiftRow) =>
      self.state.flows.get(row.saddr, row.daddr, row.ports, TCP) !== null,
  },
})

const at = (row: ShiftRow, what: 'from' | 'by', i: number) => row[`${what}${i}`] as number

function set(row: ShiftRow, i: number, from: number, by: number): void {
  const columns = row as unknown as Record<string, number>
  columns[`from${i}`] = from
  columns[`by${i}`] = by
}

/** Is a at or after b, in the sequence space? */
const isFrom = (a: number, b: number) => ((a - b) | 0) >= 0

/** Amount for a sequence number; with `undo`, for one that has been moved. */
function amountOf(row: ShiftRow, number: number, undo: boolean): number {
  for (let i = row.count - 1; i >= 0; i--) {
    const by = at(row, 'by', i)
    if (isFrom(undo ? (number - by) | 0 : number, at(row, 'from', i))) return by
  }
  return row.first
}

/** What the last transition moves by: what tables show. */
export function shiftOf(self: Shifter, row: FlowRow): number {
  if ((row.flags & SHIFTED) === 0) return 0
  const shift = self.state.shifts.get(row.saddr, row.daddr, row.ports)
  if (shift === null) return 0
  return shift.count === 0 ? shift.first : at(shift, 'by', shift.count - 1)
}

/**
 * Moves what comes from `from` on by `by` more.
 * @param bucket of the mapping
 */
export function addShift(
  self: Shifter,
  row: FlowRow,
  from: number,
  by: number,
  bucket: number,
): void {
  const { saddr, daddr, ports, flags } = row
  if ((flags & SHIFTED) === 0) {
    self.state.shifts.remove(saddr, daddr, ports) // left over from an earlier mapping
    const other = self.state.flows.peek(row.new_daddr, row.new_saddr, swapped(row.new_ports), TCP)
    if (other !== null) other.flags |= SHIFTED
    row.flags = flags | SHIFTED
  }
  const shift = self.state.shifts.insert(bucket, saddr, daddr, ports)
  if (shift === null) return // as many as there can be mappings: cannot be
  shift.made = self.router.nowMs
  const last = shift.count - 1
  if (last >= 0 && !isFrom(from, at(shift, 'from', last))) return // transitions only go up
  if (last >= 0 && at(shift, 'from', last) === from) {
    // The same data once more.
    const before = last > 0 ? at(shift, 'by', last - 1) : shift.first
    set(shift, last, from, before + by)
    return
  }
  const amount = (last >= 0 ? at(shift, 'by', last) : shift.first) + by
  if (shift.count === NAT_SHIFTS) forgetOldest(shift)
  set(shift, shift.count, from, amount)
  shift.count += 1
}

function forgetOldest(shift: ShiftRow): void {
  shift.first = at(shift, 'by', 0)
  for (let i = 1; i < shift.count; i++) set(shift, i - 1, at(shift, 'from', i), at(shift, 'by', i))
  shift.count -= 1
}

/**
 * Moves the sequence numbers of a packet whose mapping is SHIFTED, SACK blocks included.
 * @param t,end offset of its TCP header, one past its last byte
 * @param key of its row; `back` of the other direction's
 */
export function shiftPacket(
  self: Shifter,
  m: Uint8Array,
  t: number,
  end: number,
  key: readonly [number, number, number],
  back: readonly [number, number, number],
): void {
  const header = (m[t + 12]! >> 4) << 2
  if (header < 20 || t + header > end) return
  const mine = self.state.shifts.get(...key)
  if (mine !== null) {
    const seq = readIp(m, t + 4)
    while (mine.count > 0 && isFrom(seq, (at(mine, 'from', 0) + FAR) | 0)) forgetOldest(mine)
    put(m, t, t + 4, (seq + amountOf(mine, seq, false)) | 0)
  }
  const theirs = self.state.shifts.get(...back)
  if (theirs === null) return
  const moved = (ack: number) => (ack - amountOf(theirs, ack, true)) | 0
  put(m, t, t + 8, moved(readIp(m, t + 8)))
  if (header > 20) shiftSack(m, t, t + header, moved)
}

/** Writes a number at `to` and keeps the checksum right. */
function put(m: Uint8Array, t: number, to: number, value: number): void {
  const old = readIp(m, to)
  if (old === value) return
  // A number at an odd offset adds to the sum with its bytes exchanged.
  const odd = ((to - t) & 1) !== 0
  const diff = odd ? diff32(rotated(old), rotated(value)) : diff32(old, value)
  writeIp(m, to, value)
  const sum = updated((m[t + 16]! << 8) | m[t + 17]!, diff)
  m[t + 16] = sum >>> 8
  m[t + 17] = sum
}

const rotated = (x: number) => (x << 8) | (x >>> 24)

function shiftSack(m: Uint8Array, t: number, end: number, moved: (ack: number) => number): void {
  let o = t + 20
  while (o < end) {
    const kind = m[o]!
    if (kind === 0) return
    if (kind === 1) {
      o++
      continue
    }
    const length = o + 1 < end ? m[o + 1]! : 0
    if (length < 2 || o + length > end) return
    if (kind === 5) {
      if (length % 8 !== 2) return
      for (let b = o + 2; b < o + length; b += 4) put(m, t, b, moved(readIp(m, b)))
    }
    o += length
  }
}
