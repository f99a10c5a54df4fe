// The bytes of a state stream: chunks of sections of records. Little-endian, every part a multiple
// of 8 bytes, so that a received chunk is read through typed arrays where it lies.
//
//   chunk    | magic 4 | format 2 | sections 2 | length 4 | crc32 4 | section … |
//   section  | state 2 | 0 2 | records 4 | fingerprint 8 | bytes 4 | expected 4 | record … |
//   record   | bucket 4 | op 4 | columns as in memory (table-layout.ts)  or  a packet |
//
// `expected` is a hint: rows of the state that are to come in all, or 0.
// The CRC covers the whole chunk (its own field as 0). A chunk that is cut, garbled, of another
// format, or that does not fit the plan is refused as a whole before any of it is applied.

import { crc32 } from 'node:zlib'
import { ClickUpError } from '../lib/errors.ts'
import { STREAM_CREDIT } from '../lib/limits.ts'
import { arraysOver, type RecordArrays } from './table-rows.ts'

const MAGIC = 0x53435543 // 'CUCS' in memory
/** Goes up when the framing, a record's form or the layout of columns changes. */
export const CHUNK_FORMAT = 1
const HEADER_BYTES = 16
const SECTION_BYTES = 24

/** Operations of a record. Numbers are never reused. */
export const PUT = 1
export const REMOVE = 2
export const PACKET = 3

/** Words in front of a row's columns in a record: bucket and op. */
export const RECORD_HEADER_WORDS = 2

const NOTHING = arraysOver(new ArrayBuffer(0))

/** Collects records into one chunk. */
export class ChunkWriter {
  /** Over the chunk under way; another object for each chunk, and once a record did not fit. */
  at: RecordArrays = NOTHING
  /** Records in the chunk. */
  records = 0
  /** Bytes of the chunk that `take` gave. */
  bytes = 0
  /** Bytes left free in front of each chunk, for the head of a frame. */
  readonly #front: number
  /** Memory of chunks that were sent and are done with. */
  readonly #spares: ArrayBuffer[] = []
  #maxBytes = 0
  #at = 0
  #sections = 0
  #section = -1
  #state = -1

  /** @param front a multiple of 8 */
  constructor(front = 0) {
    this.#front = front
  }

  /** Starts a chunk of at most `maxBytes`, or of one record that is longer than that. */
  start(maxBytes: number): void {
    this.#maxBytes = this.#front + (maxBytes & ~7)
    if (this.at.u8.length < this.#maxBytes) {
      const spare = this.#spares.pop()
      const fits = spare !== undefined && spare.byteLength >= this.#maxBytes
      this.at = fits ? arraysOver(spare) : uncleared(this.#maxBytes)
    }
    this.records = 0
    this.#at = this.#front + HEADER_BYTES
    this.#sections = 0
    this.#state = -1
  }

  /** Takes the memory of an earlier chunk back: fresh memory costs page faults, and collections. */
  reuse(memory: ArrayBuffer): void {
    if (this.#spares.length < STREAM_CREDIT) this.#spares.push(memory)
  }

  /** Records of `bytes` each that the chunk still takes: at least one where it has none. */
  room(state: number, bytes: number): number {
    const opens = state === this.#state ? 0 : SECTION_BYTES
    const fits = Math.floor((this.#maxBytes - this.#at - opens) / bytes)
    return this.records === 0 ? Math.max(1, fits) : Math.max(0, fits)
  }

  /**
   * Takes room for records, each of whose words the caller writes; there must be so much.
   * @param fingerprint of the schema that the records follow
   * @param expected rows of the state that are to come, so that the receiver can make room for them
   * @returns 32-bit word of `at.i32` where the first begins
   */
  claim(state: number, fingerprint: string, bytes: number, count: number, expected = 0): number {
    const opens = state !== this.#state
    const end = this.#at + bytes * count + (opens ? SECTION_BYTES : 0)
    if (end > this.at.u8.length) this.#grow(end)
    if (opens) this.#open(state, fingerprint, expected)
    const n = this.#at >>> 2
    this.#at += bytes * count
    const i = this.at.i32
    const s = this.#section >>> 2
    i[s + 1] = i[s + 1]! + count
    i[s + 4] = i[s + 4]! + bytes * count
    this.records += count
    return n
  }

  /** Room for one record, zeroed; -1: none left in this chunk. */
  record(state: number, fingerprint: string, bytes: number): number {
    if (this.room(state, bytes) === 0) return -1
    const n = this.claim(state, fingerprint, bytes, 1)
    this.at.i32.fill(0, n, n + (bytes >>> 2))
    return n
  }

  /**
   * The chunk, in memory of its own, behind `front` bytes; null where it has no records. With a
   * front the memory may be longer than that: `bytes` says how long the chunk is.
   */
  take(): ArrayBuffer | null {
    if (this.records === 0) return null
    const { i32, u8 } = this.at
    const h = this.#front >>> 2
    this.bytes = this.#at - this.#front
    i32[h] = MAGIC
    i32[h + 1] = CHUNK_FORMAT | (this.#sections << 16)
    i32[h + 2] = this.bytes
    i32[h + 3] = 0
    i32[h + 3] = crc32(u8.subarray(this.#front, this.#at))
    const memory = u8.buffer as ArrayBuffer
    this.records = 0
    // Of a short chunk only its own bytes go, and the memory is used again.
    const short = this.#front === 0 ? this.#at < u8.length : this.#at * 4 < u8.length
    if (short) return memory.slice(0, this.#at)
    this.at = NOTHING
    return memory
  }

  #open(state: number, fingerprint: string, expected: number): void {
    const s = this.#at >>> 2
    const i = this.at.i32
    i.fill(0, s, s + SECTION_BYTES / 4)
    i[s] = state
    i[s + 2] = Number.parseInt(fingerprint.slice(0, 8), 16)
    i[s + 3] = Number.parseInt(fingerprint.slice(8), 16)
    i[s + 5] = expected
    this.#section = this.#at
    this.#state = state
    this.#sections++
    this.#at += SECTION_BYTES
  }

  #grow(bytes: number): void {
    const larger = uncleared((bytes + 7) & ~7)
    larger.u8.set(this.at.u8)
    this.at = larger
  }
}

/** Memory that was not zeroed: every byte that is sent is written first. */
function uncleared(bytes: number): RecordArrays {
  return arraysOver(Buffer.allocUnsafeSlow(bytes).buffer as ArrayBuffer)
}

export interface Section {
  readonly state: number
  readonly fingerprint: string
  readonly records: number
  /** Rows of the state that are to come in all, as the sender thinks; 0: it does not say. */
  readonly expected: number
  /** First word of the first record. */
  readonly at: number
  readonly bytes: number
}

/** A received chunk whose framing and CRC are right. */
export interface Chunk extends RecordArrays {
  readonly sections: readonly Section[]
}

/**
 * Throws ClickUpError PROTOCOL.
 * @param length bytes of the memory that are the chunk
 */
export function readChunk(memory: ArrayBuffer, length: number = memory.byteLength): Chunk {
  if (length < HEADER_BYTES || length % 8 !== 0) throw refused(`${length} bytes are no chunk`)
  const arrays = arraysOver(memory, length)
  const { i32, u8 } = arrays
  if (i32[0] !== MAGIC) throw refused('it does not start as a chunk does')
  const format = i32[1]! & 0xffff
  if (format !== CHUNK_FORMAT)
    throw refused(`format ${format}, this side reads format ${CHUNK_FORMAT}`)
  if (i32[2] !== length) throw refused(`${length} bytes came of ${i32[2]}`)
  if (crcOf(u8) !== i32[3]) throw refused('the checksum is wrong')
  const sections: Section[] = []
  let at = HEADER_BYTES
  for (let n = i32[1]! >>> 16; n > 0; n--) {
    const s = at >>> 2
    const bytes = at + SECTION_BYTES <= length ? i32[s + 4]! : -1
    if (bytes < 0 || bytes % 8 !== 0 || at + SECTION_BYTES + bytes > length)
      throw refused('a section is longer than its chunk')
    sections.push({
      state: i32[s]! & 0xffff,
      fingerprint: hex(i32[s + 2]!) + hex(i32[s + 3]!),
      records: i32[s + 1]!,
      expected: i32[s + 5]!,
      at: (at + SECTION_BYTES) >>> 2,
      bytes,
    })
    at += SECTION_BYTES + bytes
  }
  if (at !== length) throw refused('bytes follow the last section')
  return { ...arrays, sections }
}

export function refused(why: string): ClickUpError {
  return new ClickUpError(
    'PROTOCOL',
    `state chunk refused: ${why}`,
    'Both replicas must run releases of click-up whose state streams agree.',
  )
}

/** CRC of a chunk as if its CRC field were 0; does not change the chunk. */
function crcOf(u8: Uint8Array): number {
  const head = u8.slice(0, HEADER_BYTES)
  head.fill(0, 12, 16)
  return crc32(u8.subarray(HEADER_BYTES), crc32(head)) | 0
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
