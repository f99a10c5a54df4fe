// The files that traces are written to: buffered, and never the router's end. What is written to the
// standard output is written at once, so that it stands between what others write there.

import { closeSync } from 'node:fs'
import { writeAll } from '../../dataplane/output.ts'
import { openFile, systemWords } from './trace-file.ts'

export const BUFFER_BYTES = 65_536
/** Buffered bytes wait that long at most, in ms. */
export const FLUSH_MS = 100

const STDOUT = 1

export class TraceOutput {
  readonly filename: string
  /** The same bytes three times: for numbers, for copies, for text. */
  readonly bytes: Uint8Array
  readonly longs: Int32Array
  readonly #text: Buffer
  readonly #fd: number
  used = 0
  /** The second that packets were last of (pcap.ts), and the same in µs. */
  second = 0
  secondUs = 0.5
  /** Says once that nothing can be written any more. */
  report: ((problem: string) => void) | null = null
  #failed = false

  constructor(filename: string) {
    this.filename = filename
    this.#fd = filename === '-' ? STDOUT : openFile(filename, 'w')
    this.#text = Buffer.alloc(BUFFER_BYTES)
    this.bytes = new Uint8Array(this.#text.buffer, this.#text.byteOffset, BUFFER_BYTES)
    this.longs = new Int32Array(this.#text.buffer, this.#text.byteOffset, BUFFER_BYTES / 4)
  }

  get isStdout(): boolean {
    return this.#fd === STDOUT
  }

  /** Makes room for n bytes, which are not more than the buffer has. */
  room(n: number): void {
    if (this.used + n > BUFFER_BYTES) this.flush()
  }

  /** Characters are bytes. */
  text(text: string): void {
    if (text.length > BUFFER_BYTES) {
      this.flush()
      this.#write(Buffer.from(text, 'latin1'))
      return
    }
    this.room(text.length)
    this.used += this.#text.write(text, this.used, 'latin1')
  }

  append(bytes: Uint8Array): void {
    if (bytes.length > BUFFER_BYTES) {
      this.flush()
      this.#write(bytes)
      return
    }
    this.room(bytes.length)
    this.bytes.set(bytes, this.used)
    this.used += bytes.length
  }

  flush(): void {
    const bytes = this.used
    this.used = 0
    if (bytes > 0) this.#write(this.bytes.subarray(0, bytes))
  }

  /** A disk that is full must not stop the router: it is said once, and packets go on. */
  #write(bytes: Uint8Array): void {
    if (this.#failed) return
    try {
      if (writeAll(this.#fd, bytes)) return
      this.report?.(`${this.filename}: the reader is gone`)
    } catch (error) {
      this.report?.(`${this.filename}: ${systemWords(error)}`)
    }
    this.#failed = true
  }

  close(): void {
    this.flush()
    if (this.#fd !== STDOUT) closeSync(this.#fd)
  }
}
