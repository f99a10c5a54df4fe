// The annotations of 32 bits and more that have no field of a packet: aggregate, extra packets and
// length, packet numbers, first time. Offsets are packet_anno.hh's; bytes lie as they do in Click
// on the machines of today, lowest first, so that elements which name a byte mean the same one.

import { ANNO_SIZE, type Packet } from '../../dataplane/packet.ts'

const AGGREGATE = 20
const EXTRA_PACKETS = 24
const EXTRA_LENGTH = 28
const FIRST_TIMESTAMP = 32
export const PACKET_NUMBER = 32
export const SEQUENCE_NUMBER = 36

/** The word at an offset, as int32: what tables have as keys. */
export function annoInt(p: Packet, offset: number): number {
  const a = p.anno
  if (a === null) return 0
  const low = a[offset]! | (a[offset + 1]! << 8)
  return low | (a[offset + 2]! << 16) | (a[offset + 3]! << 24)
}

export function setAnnoInt(p: Packet, offset: number, value: number): void {
  if (value === 0 && p.anno === null) return
  // Made once a frame, when it is first needed.
  p.anno ??= new Uint8Array(ANNO_SIZE)
  writeWord(p.anno, offset, value)
}

/** The aggregate annotation as int32; `>>> 0` makes the number that people see. */
export function aggregateOf(p: Packet): number {
  return annoInt(p, AGGREGATE)
}

export function setAggregate(p: Packet, aggregate: number): void {
  setAnnoInt(p, AGGREGATE, aggregate)
}

/** How many packets a packet stands for besides itself. */
export function extraPackets(p: Packet): number {
  return annoInt(p, EXTRA_PACKETS) >>> 0
}

export function setExtraPackets(p: Packet, count: number): void {
  setAnnoInt(p, EXTRA_PACKETS, count)
}

/** Bytes that a packet had and that are not in it any more. */
export function extraLength(p: Packet): number {
  return annoInt(p, EXTRA_LENGTH) >>> 0
}

export function setExtraLength(p: Packet, length: number): void {
  setAnnoInt(p, EXTRA_LENGTH, length)
}

const WORD = 0x1_0000_0000

/**
 * The time of the first packet that a packet stands for, µs; 0: none. Held in nanoseconds as a
 * 64-bit integer; a double has no room for those of today, so each half is converted by itself.
 */
export function firstTimeUs(p: Packet): number {
  if (p.anno === null) return 0
  const high = annoInt(p, FIRST_TIMESTAMP + 4)
  const thousands = Math.floor(high / 1000)
  const rest = high - thousands * 1000
  return thousands * WORD + (rest * WORD + (annoInt(p, FIRST_TIMESTAMP) >>> 0)) / 1000
}

export function setFirstTimeUs(p: Packet, us: number): void {
  if (us === 0 && p.anno === null) return
  p.anno ??= new Uint8Array(ANNO_SIZE)
  writeTime(p.anno, FIRST_TIMESTAMP, us)
}

/** A time as Click holds it in memory: 64 bits of nanoseconds, lowest byte first. */
export function writeTime(bytes: Uint8Array, at: number, us: number): void {
  const high = Math.floor(us / WORD)
  const ns = Math.round((us - high * WORD) * 1000)
  writeWord(bytes, at, (ns % WORD) | 0)
  writeWord(bytes, at + 4, high * 1000 + Math.floor(ns / WORD))
}

function writeWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >> 8
  bytes[at + 2] = value >> 16
  bytes[at + 3] = value >> 24
}
