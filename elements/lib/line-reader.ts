// Reads a text file, the standard input, or a given text line by line, a block at a time.

import { closeSync, openSync, readSync } from 'node:fs'

const BLOCK = 65_536

/** A line may be this long; a longer one is cut into several. */
const LINE_MAX = 1024 * 1024

export class LineReader {
  readonly #fd: number
  readonly #block = Buffer.alloc(BLOCK)
  #text: string
  #at = 0
  #ended: boolean

  /** @param data the text itself; null: the file's */
  constructor(filename: string, data: string | null) {
    this.#text = data ?? ''
    this.#ended = data !== null
    this.#fd = data !== null ? -1 : filename === '-' ? 0 : openSync(filename, 'r')
  }

  /** The next line without its end; null: there is none. */
  next(): string | null {
    for (;;) {
      const end = this.#text.indexOf('\n', this.#at)
      if (end >= 0) {
        const line = this.#text.slice(this.#at, end)
        this.#at = end + 1
        return line.endsWith('\r') ? line.slice(0, -1) : line
      }
      if (this.#ended || this.#text.length - this.#at > LINE_MAX) {
        const rest = this.#text.slice(this.#at)
        this.#at = this.#text.length
        return rest === '' ? null : rest
      }
      this.#more()
    }
  }

  #more(): void {
    const n = readSync(this.#fd, this.#block, 0, BLOCK, null)
    this.#ended = n === 0
    this.#text = this.#text.slice(this.#at) + this.#block.toString('latin1', 0, n)
    this.#at = 0
  }

  close(): void {
    if (this.#fd > 0) closeSync(this.#fd)
  }
}
