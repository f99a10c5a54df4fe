// Files that traces are read from: plain, packed with gzip, compress or bzip2, the standard input,
// or a text of the configuration's own.

import { spawnSync } from 'node:child_process'
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { TRACE_RECORD_BYTES } from '../../lib/limits.ts'

const BLOCK = 65_536
const STDIN = 0

/** Opens a file; errors are in the words that people know from other programs. */
export function openFile(filename: string, flags: 'r' | 'w' | 'a'): number {
  try {
    return openSync(filename, flags)
  } catch (error) {
    throw new Error(`${filename}: ${systemWords(error)}`)
  }
}

/** 'No such file or directory', of an error of the system. */
export function systemWords(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException
  const words = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]
  return words === undefined ? message : words[0]!.toUpperCase() + words.slice(1)
}

/** The program that unpacks a file that starts with these bytes; null: it is not packed. */
function unpacker(head: Uint8Array): string | null {
  if (head[0] === 0x1f && (head[1] === 0x8b || head[1] === 0x9d)) return 'zcat'
  return head[0] === 0x42 && head[1] === 0x5a && head[2] === 0x68 ? 'bzcat' : null
}

/** Unpacks into a file of the temporary folder that goes with its descriptor. */
function unpack(program: string, filename: string, from: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'trace-'))
  try {
    const to = openSync(join(folder, 'unpacked'), 'w+')
    const { status, error } = spawnSync(program, [], { stdio: [from, to, 'ignore'] })
    if (error === undefined && status === 0) return to
    closeSync(to)
    throw new Error(`${filename}: ${program} ${error === undefined ? 'failed' : 'is missing'}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Reads bytes from a file's start on, a block at a time. */
export class TraceFile {
  readonly filename: string
  readonly packed: boolean
  /** Bytes that were read and not used yet are those from `start` to `end`. */
  mem = new Uint8Array(BLOCK)
  start = 0
  end = 0
  readonly #fd: number
  /** Bytes of the file before those in `mem`; also where to read on, where the file can seek. */
  #before = 0
  readonly #seeks: boolean

  /** @param data the text itself; null: the file's */
  constructor(filename: string, data: string | null = null) {
    this.filename = data === null ? filename : '<data>'
    if (data !== null || filename === '-') {
      if (data === null) this.filename = '<stdin>'
      this.#fd = data === null ? STDIN : -1
      this.packed = false
      this.#seeks = false
      if (data !== null) this.#take(Buffer.from(data, 'latin1'))
      return
    }
    const fd = openFile(filename, 'r')
    // Only a plain file can be read from its start again, after a look at its first bytes.
    const plain = fstatSync(fd).isFile()
    const head = new Uint8Array(3)
    if (plain) readSync(fd, head, 0, 3, 0)
    const program = unpacker(head)
    this.packed = program !== null
    this.#seeks = plain
    this.#fd = program === null ? fd : unpack(program, filename, fd)
    if (program !== null) closeSync(fd)
  }

  /** Bytes of the file; null: nobody knows. */
  get size(): number | null {
    return this.packed || !this.#seeks ? null : fstatSync(this.#fd).size
  }

  #take(bytes: Uint8Array): void {
    this.mem = new Uint8Array(bytes)
    this.end = bytes.length
  }

  /** Bytes of the (unpacked) file that were used. */
  get position(): number {
    return this.#before + this.start
  }

  /** Goes on from there; false: this file cannot. */
  seek(position: number): boolean {
    if (!this.#seeks && position < this.#before) return false
    if (position >= this.#before && position <= this.#before + this.end) {
      this.start = position - this.#before
      return true
    }
    if (!this.#seeks) return false
    this.#before = position
    this.start = 0
    this.end = 0
    return true
  }

  /** Are there n bytes from `start` on? Reads on until there are. */
  have(n: number): boolean {
    while (this.end - this.start < n) {
      if (this.#fd < 0) return false
      if (this.start + n > this.mem.length || this.end === this.mem.length) this.#makeRoom(n)
      if (!this.#more()) return false
    }
    return true
  }

  /** One read; false: the end. */
  #more(): boolean {
    const at = this.#seeks ? this.#before + this.end : null
    const got = readSync(this.#fd, this.mem, this.end, this.mem.length - this.end, at)
    this.end += got
    return got > 0
  }

  #makeRoom(n: number): void {
    const size = n > this.mem.length ? Math.max(n, this.mem.length * 2) : this.mem.length
    const mem = size === this.mem.length ? this.mem : new Uint8Array(size)
    if (mem === this.mem) mem.copyWithin(0, this.start, this.end)
    else mem.set(this.mem.subarray(this.start, this.end))
    this.#before += this.start
    this.end -= this.start
    this.start = 0
    this.mem = mem
  }

  /** The next line without its end, a byte a character; null: there is none. */
  line(): string | null {
    let from = this.start
    for (;;) {
      const at = this.mem.subarray(0, this.end).indexOf(10, from)
      if (at >= 0) return this.#cut(at, at + 1)
      const had = this.end - this.start
      if (had > TRACE_RECORD_BYTES || !this.have(had + 1)) {
        return this.end > this.start ? this.#cut(this.end, this.end) : null
      }
      from = this.start + had
    }
  }

  #cut(end: number, next: number): string {
    const bytes = Buffer.from(this.mem.buffer, this.mem.byteOffset, this.mem.length)
    const last = end > this.start && this.mem[end - 1] === 13 ? end - 1 : end
    const text = bytes.toString('latin1', this.start, last)
    this.start = next
    return text
  }

  close(): void {
    if (this.#fd > STDIN) closeSync(this.#fd)
  }
}
