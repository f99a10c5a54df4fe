// tcpdump's file format (pcap-savefile(5)), both byte orders, micro- and nanoseconds.
//
//   file header: magic, major, minor, zone, sigfigs, snaplen, linktype   (24 bytes)
//   each packet: seconds, fraction, captured length, true length         (16 bytes), then the data

import { closeSync, openSync, readSync } from 'node:fs'

const MAGIC_MICRO = 0xa1b2c3d4
const MAGIC_NANO = 0xa1b23c4d
export const FILE_HEADER = 24
export const RECORD_HEADER = 16

/** A record longer than this is not one: the file is damaged, or we lost our place in it. */
export const RECORD_BYTES_MAX = 262_144

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

export interface PcapRecord {
  /** Microseconds since the epoch. */
  timeUs: number
  /** Length of the packet on the wire. */
  wireLength: number
  /** Its captured bytes, in the reader's buffer: gone at the next read. */
  data: Uint8Array
}

/** Reads a file from its start; what is wrong with it is an Error that names the file. */
export class PcapReader {
  readonly filename: string
  readonly linktype: number
  readonly #fd: number
  readonly #little: boolean
  readonly #perUs: number
  #buffer = new Uint8Array(65_536)
  #view = new DataView(this.#buffer.buffer)
  #start = 0
  #end = 0
  /** Bytes of the file before those in the buffer. */
  #before = 0

  constructor(filename: string) {
    this.filename = filename
    this.#fd = filename === '-' ? 0 : openSync(filename, 'r')
    if (!this.#have(FILE_HEADER)) throw this.#error('not a tcpdump file (too short)')
    const magic = this.#view.getUint32(0)
    this.#little = magic !== MAGIC_MICRO && magic !== MAGIC_NANO
    const known = this.#view.getUint32(0, this.#little)
    if (known !== MAGIC_MICRO && known !== MAGIC_NANO)
      throw this.#error('not a tcpdump file (bad magic number)')
    this.#perUs = known === MAGIC_NANO ? 1000 : 1
    const major = this.#view.getUint16(4, this.#little)
    if (major !== 2) throw this.#error(`unknown major version number ${major}`)
    // The upper bits say how long frame check sequences are.
    this.linktype = this.#view.getUint32(20, this.#little) & 0xffff
    this.#start = FILE_HEADER
  }

  get filepos(): number {
    return this.#before + this.#start
  }

  /**
   * The next packet into `record`; false: the file is at its end, or `problem` says what is wrong.
   */
  next(record: PcapRecord): boolean {
    if (!this.#have(RECORD_HEADER)) return false
    const seconds = this.#view.getUint32(this.#start, this.#little)
    const fraction = this.#view.getUint32(this.#start + 4, this.#little)
    const captured = this.#view.getUint32(this.#start + 8, this.#little)
    const length = this.#view.getUint32(this.#start + 12, this.#little)
    if (captured > RECORD_BYTES_MAX) throw this.#error('bad packet header; giving up')
    if (!this.#have(RECORD_HEADER + captured)) return false
    const from = this.#start + RECORD_HEADER
    record.timeUs = seconds * 1e6 + fraction / this.#perUs
    record.wireLength = length
    record.data = this.#buffer.subarray(from, from + captured)
    this.#start = from + captured
    return true
  }

  close(): void {
    if (this.#fd !== 0) closeSync(this.#fd)
  }

  #error(what: string): Error {
    return new Error(`${this.filename}: ${what}`)
  }

  /** Reads on until there are n bytes from `start`. */
  #have(n: number): boolean {
    while (this.#end - this.#start < n) {
      if (this.#start + n > this.#buffer.length) this.#makeRoom(n)
      const got = readSync(this.#fd, this.#buffer, this.#end, this.#buffer.length - this.#end, null)
      if (got === 0) return false
      this.#end += got
    }
    return true
  }

  #makeRoom(n: number): void {
    const size = Math.max(this.#buffer.length, n)
    const buffer = size === this.#buffer.length ? this.#buffer : new Uint8Array(size)
    const rest = this.#buffer.subarray(this.#start, this.#end)
    if (buffer === this.#buffer) buffer.copyWithin(0, this.#start, this.#end)
    else buffer.set(rest)
    this.#before += this.#start
    this.#end -= this.#start
    this.#start = 0
    this.#buffer = buffer
    this.#view = new DataView(buffer.buffer)
  }
}

export function fileHeader(linktype: number, snaplen: number, nano: boolean): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, nano ? MAGIC_NANO : MAGIC_MICRO, true)
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, snaplen, true)
  view.setUint32(20, linktype, true)
  return bytes
}

export function recordHeader(
  view: DataView,
  at: number,
  timeUs: number,
  captured: number,
  length: number,
  nano: boolean,
): void {
  const seconds = Math.floor(timeUs / 1e6)
  const us = timeUs - seconds * 1e6
  view.setUint32(at, seconds, true)
  view.setUint32(at + 4, Math.round(nano ? us * 1000 : us), true)
  view.setUint32(at + 8, captured, true)
  view.setUint32(at + 12, length, true)
}
