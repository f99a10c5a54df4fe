// tcpdump's file format (pcap-savefile(5)), both byte orders, micro- and nanoseconds.
//
//   file header: magic, major, minor, zone, sigfigs, snaplen, linktype   (24 bytes)
//   each packet: seconds, fraction, captured length, true length         (16 bytes), then the data

import type { Packet, Pool } from '../../dataplane/packet.ts'
import { TRACE_RECORD_BYTES } from '../../lib/limits.ts'
import { setExtraLength } from './anno-words.ts'
import { copyBytes } from './copy-bytes.ts'
import { isRaw, markIp } from './link-ip.ts'
import { TraceFile } from './trace-file.ts'
import { BUFFER_BYTES, type TraceOutput } from './trace-output.ts'
import type { TraceReader } from './trace-source.ts'

const MAGIC_MICRO = 0xa1b2c3d4 | 0
const MAGIC_NANO = 0xa1b23c4d | 0
/** Written by tcpdump with Alexey Kuznetsov's patches: 8 bytes more in each record's header. */
const MAGIC_MODIFIED = 0xa1b2cd34 | 0
export const FILE_HEADER = 24
export const RECORD_HEADER = 16
const MODIFIED_EXTRA = 8

/** Link types by Click's names; the first number is written, all are read (pcap-linktype(7)). */
const LINKTYPES: Readonly<Record<string, readonly number[]>> = {
  ETHER: [1],
  IP: [101, 12, 14, 228],
  NULL: [0, 108],
  FDDI: [10],
  ATM: [100, 11],
  '802_11': [105],
  SLL: [113],
  AIRONET: [120],
  HDLC: [104],
  PPP_HDLC: [50],
  PPP: [9],
  SUNATM: [123],
  PRISM: [119],
}

export function linktypeNumber(name: string): number | null {
  return Object.hasOwn(LINKTYPES, name) ? LINKTYPES[name]![0]! : null
}

/** Click's name of a link type; its number as text where it has none. */
export function linktypeName(linktype: number): string {
  const found = Object.entries(LINKTYPES).find(([, numbers]) => numbers.includes(linktype))
  return found?.[0] ?? String(linktype)
}

/** The word at an offset, as int32. */
function word(mem: Uint8Array, at: number, little: boolean): number {
  const [a, b, c, d] = little ? [at + 3, at + 2, at + 1, at] : [at, at + 1, at + 2, at + 3]
  return (mem[a]! << 24) | (mem[b]! << 16) | (mem[c]! << 8) | mem[d]!
}

/** Reads a file from its start; what is wrong with it is an Error that names the file. */
export class PcapReader implements TraceReader {
  timeUs = 0.5
  recordPosition = 0
  readonly linktype: number
  readonly #file: TraceFile
  readonly #little: boolean
  readonly #nano: boolean
  readonly #header: number
  /** The record in hand: its data in the file's memory, and its length on the wire. */
  #data = 0
  #captured = 0
  #length = 0

  /** @param position where to start, if not behind the file's header */
  constructor(filename: string, position: number) {
    this.#file = new TraceFile(filename)
    const file = this.#file
    if (!file.have(FILE_HEADER)) this.#fail('not a tcpdump file (too short)')
    const { mem } = file
    const orders = [true, false].map((little) => word(mem, 0, little))
    const known = [MAGIC_MICRO, MAGIC_NANO, MAGIC_MODIFIED]
    const order = orders.findIndex((magic) => known.includes(magic))
    if (order < 0) this.#fail('not a tcpdump file (bad magic number)')
    this.#little = order === 0
    this.#nano = orders[order] === MAGIC_NANO
    this.#header = RECORD_HEADER + (orders[order] === MAGIC_MODIFIED ? MODIFIED_EXTRA : 0)
    const major = this.#little ? mem[4]! | (mem[5]! << 8) : (mem[4]! << 8) | mem[5]!
    if (major !== 2) this.#fail(`unknown major version number ${major}`)
    // The upper bits say how long frame check sequences are.
    this.linktype = word(mem, 20, this.#little) & 0xffff
    file.start = FILE_HEADER
    if (position > 0) this.seek(position)
  }

  get position(): number {
    return this.#file.position
  }

  get size(): number | null {
    return this.#file.size
  }

  get filename(): string {
    return this.#file.filename
  }

  get isAlwaysIp(): boolean {
    return isRaw(this.linktype)
  }

  get encap(): string {
    return linktypeName(this.linktype)
  }

  seek(position: number): boolean {
    return this.#file.seek(position)
  }

  advance(): boolean {
    const file = this.#file
    const header = this.#header
    this.recordPosition = file.position
    if (!file.have(header)) return this.#cutShort()
    const little = this.#little
    const at = file.start
    const captured = word(file.mem, at + 8, little)
    const length = word(file.mem, at + 12, little)
    if (captured < 0 || captured > TRACE_RECORD_BYTES) {
      this.#file.start += header
      this.#fail('bad packet header; giving up')
    }
    const seconds = word(file.mem, at, little) >>> 0
    const fraction = word(file.mem, at + 4, little) >>> 0
    if (!file.have(header + captured)) return this.#cutShort()
    this.timeUs = seconds * 1e6 + (this.#nano ? fraction / 1000 : fraction)
    this.#data = file.start + header
    this.#captured = captured
    this.#length = length
    file.start += header + captured
    return true
  }

  /** The rest of the file is no whole record. */
  #cutShort(): boolean {
    this.#file.start = this.#file.end
    return false
  }

  make(pool: Pool): Packet | null {
    const p = pool.allocLength(this.#captured)
    if (p === null) return null
    copyBytes(this.#file.mem, this.#data, p.mem, p.off, this.#captured)
    p.timeUs = this.timeUs
    p.mac = p.off
    if (this.#length > this.#captured) setExtraLength(p, this.#length - this.#captured)
    return p
  }

  isIp(p: Packet): boolean {
    return markIp(p, this.linktype)
  }

  close(): void {
    this.#file.close()
  }

  #fail(what: string): never {
    throw new Error(`${this.filename}: ${what}`)
  }
}

export function fileHeader(linktype: number, snaplen: number, nano: boolean): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER)
  const view = new DataView(bytes.buffer)
  view.setInt32(0, nano ? MAGIC_NANO : MAGIC_MICRO, true)
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, snaplen, true)
  view.setUint32(20, linktype, true)
  return bytes
}

/** Longer packets are copied by the engine, shorter ones by a loop. */
const LOOP_BYTES = 384

/** Files are in the machine's order where that is the usual one; words can then be written whole. */
const LITTLE = new Uint8Array(Int32Array.of(1).buffer)[0] === 1

/** Appends a record: the first `captured` bytes of the packet, which had `length`. */
export function writeRecord(
  out: TraceOutput,
  p: Packet,
  timeUs: number,
  captured: number,
  length: number,
  nano: boolean,
): void {
  if (RECORD_HEADER + captured > BUFFER_BYTES) {
    writeLong(out, p, timeUs, captured, length, nano)
    return
  }
  out.room(RECORD_HEADER + captured)
  const at = out.used
  const second = secondOf(out, timeUs)
  const fraction = nano ? (timeUs - second * 1e6) * 1000 + 0.5 : timeUs - second * 1e6
  if (LITTLE && (at & 3) === 0) {
    const { longs } = out
    const k = at >> 2
    longs[k] = second
    longs[k + 1] = fraction
    longs[k + 2] = captured
    longs[k + 3] = length
  } else writeHeader(out.bytes, at, second, fraction, captured, length)
  copyPacket(p, captured, out, at + RECORD_HEADER)
  out.used = at + RECORD_HEADER + captured
}

function writeLong(
  out: TraceOutput,
  p: Packet,
  timeUs: number,
  captured: number,
  length: number,
  nano: boolean,
): void {
  out.room(RECORD_HEADER)
  const second = secondOf(out, timeUs)
  const fraction = nano ? (timeUs - second * 1e6) * 1000 + 0.5 : timeUs - second * 1e6
  writeHeader(out.bytes, out.used, second, fraction, captured, length)
  out.used += RECORD_HEADER
  out.append(p.mem.subarray(p.off, p.off + captured))
}

/** Packets of one second mostly follow each other: the division is done once for them. */
function secondOf(out: TraceOutput, timeUs: number): number {
  const since = timeUs - out.secondUs
  if (since >= 0 && since < 1e6) return out.second
  out.second = Math.floor(timeUs / 1e6)
  out.secondUs = out.second * 1e6
  return out.second
}

function writeHeader(
  mem: Uint8Array,
  at: number,
  second: number,
  fraction: number,
  captured: number,
  length: number,
): void {
  writeWord(mem, at, second | 0)
  writeWord(mem, at + 4, fraction | 0)
  writeWord(mem, at + 8, captured)
  writeWord(mem, at + 12, length)
}

function writeWord(mem: Uint8Array, at: number, value: number): void {
  mem[at] = value
  mem[at + 1] = value >> 8
  mem[at + 2] = value >> 16
  mem[at + 3] = value >> 24
}

/** Four bytes at a time where both places allow it; they mostly do. */
function copyPacket(p: Packet, bytes: number, out: TraceOutput, at: number): void {
  const { off } = p
  if (bytes > LOOP_BYTES || ((off | at) & 3) !== 0) {
    copyBytes(p.mem, off, out.bytes, at, bytes)
    return
  }
  const from = p.longs
  const to = out.longs
  const first = off >> 2
  const place = at >> 2
  const longs = bytes >> 2
  for (let i = 0; i < longs; i++) to[place + i] = from[first + i]!
  for (let i = bytes & ~3; i < bytes; i++) out.bytes[at + i] = p.mem[off + i]!
}
