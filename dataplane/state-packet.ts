// A held packet as a record of a chunk, with everything that elements can see of it: headroom (what
// was stripped can be put back), data, header positions and annotations.
//
//   words  0 bucket  1 op  2 bytes of the record  3 headroom  4 data bytes  5 mac  6 network
//          7 transport (positions from the first data byte; ABSENT: not set)  8 destination
//          9 paint | type << 8  10 port  11 annotation bytes  12-13 time
//   then   headroom and data, annotations, zero to a multiple of 8

import { PACKET } from './chunk.ts'
import { ANNO_SIZE, type Packet, type Pool } from './packet.ts'
import type { RecordArrays } from './table-rows.ts'

const HEAD_BYTES = 56
const ABSENT = -(2 ** 31)
/**
 * How far behind the data a position may be: a header that says more than is there, or data that
 * was cut off after it was looked at.
 */
const BEYOND = 65_536
const NEVER = new Uint8Array(0)

export function packetRecordBytes(p: Packet): number {
  return (HEAD_BYTES + (p.end - p.base) + (p.anno?.length ?? 0) + 7) & ~7
}

/** Writes the packet at word n, where `packetRecordBytes` of zeroes are. */
export function writePacket(p: Packet, at: RecordArrays, n: number): void {
  const i = at.i32
  const anno = p.anno ?? NEVER
  i[n] = p.bucket
  i[n + 1] = PACKET
  i[n + 2] = packetRecordBytes(p)
  i[n + 3] = p.off - p.base
  i[n + 4] = p.end - p.off
  i[n + 5] = relative(p.mac, p.off)
  i[n + 6] = relative(p.net, p.off)
  i[n + 7] = relative(p.transport, p.off)
  i[n + 8] = p.dst
  i[n + 9] = (p.paint & 255) | (p.type << 8)
  i[n + 10] = p.port
  i[n + 11] = anno.length
  at.f64[(n + 12) >>> 1] = p.timeUs
  const body = n * 4 + HEAD_BYTES
  at.u8.set(p.mem.subarray(p.base, p.end), body)
  at.u8.set(anno, body + (p.end - p.base))
}

/** Bytes of the packet record at word n, or -1 where what stands there is none. */
export function checkPacket(at: RecordArrays, n: number, endBytes: number): number {
  const i = at.i32
  if (n * 4 + HEAD_BYTES > endBytes || i[n + 1] !== PACKET) return -1
  const headroom = i[n + 3]!
  const data = i[n + 4]!
  const anno = i[n + 11]!
  if (headroom < 0 || data < 0 || (anno !== 0 && anno !== ANNO_SIZE)) return -1
  const bytes = (HEAD_BYTES + headroom + data + anno + 7) & ~7
  for (let k = n + 5; k <= n + 7; k++)
    if (i[k] !== ABSENT && (i[k]! < -headroom || i[k]! > data + BEYOND)) return -1
  return bytes === i[n + 2] && n * 4 + bytes <= endBytes ? bytes : -1
}

/** A packet of the pool out of the (checked) record at word n; null: no frame is free. */
export function readPacket(pool: Pool, at: RecordArrays, n: number): Packet | null {
  const i = at.i32
  const headroom = i[n + 3]!
  const data = i[n + 4]!
  const p = pool.allocLength(data, headroom)
  if (p === null) return null
  const body = n * 4 + HEAD_BYTES
  p.mem.set(at.u8.subarray(body, body + headroom + data), p.base)
  p.bucket = i[n]!
  p.mac = absolute(i[n + 5]!, p.off)
  p.net = absolute(i[n + 6]!, p.off)
  p.transport = absolute(i[n + 7]!, p.off)
  p.dst = i[n + 8]!
  p.paint = i[n + 9]! & 255
  p.type = i[n + 9]! >> 8
  p.port = i[n + 10]!
  p.timeUs = at.f64[(n + 12) >>> 1]!
  const anno = i[n + 11]!
  if (anno > 0) {
    p.anno ??= new Uint8Array(ANNO_SIZE)
    p.anno.set(at.u8.subarray(body + headroom + data, body + headroom + data + anno))
  }
  return p
}

function relative(position: number, off: number): number {
  return position < 0 ? ABSENT : position - off
}

function absolute(position: number, off: number): number {
  return position === ABSENT ? -1 : position + off
}
