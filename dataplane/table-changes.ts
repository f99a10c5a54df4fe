// A first-in first-out queue of row numbers: the list of a table's changed rows, while a move tracks
// the table. It lies beside the rows, in blocks that come and go with its length, so that rows do
// not carry a link for it all their life, and so that it grows without a pause.

import { CHANGES_BLOCK } from '../lib/limits.ts'

export class ChangeQueue {
  /** The oldest first. Never empty once used: one block is kept. */
  readonly #blocks: Int32Array[] = []
  /** Place of the oldest in the first block, and the next free one in the last. */
  #from = 0
  #to = CHANGES_BLOCK
  length = 0

  push(r: number): void {
    if (this.#to === CHANGES_BLOCK) {
      this.#blocks.push(new Int32Array(CHANGES_BLOCK))
      this.#to = 0
    }
    this.#blocks.at(-1)![this.#to++] = r
    this.length++
  }

  /** The oldest, or -1. */
  first(): number {
    return this.length === 0 ? -1 : this.#blocks[0]![this.#from]!
  }

  shift(): void {
    if (this.length === 0) return
    this.length--
    this.#from++
    if (this.length === 0) {
      this.#from = 0
      this.#to = 0
    } else if (this.#from === CHANGES_BLOCK) {
      this.#blocks.shift()
      this.#from = 0
    }
  }

  get bytes(): number {
    return this.#blocks.length * CHANGES_BLOCK * 4
  }
}
