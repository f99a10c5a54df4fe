// Longest-prefix match over IPv4: a trie with a first level of 16 bits and two of 8.
//
//   root[addr >>> 16] ──▶ answer, or a block of 256 ──▶ answer, or a block of 256 ──▶ answer
//
// `base` has the answers of prefixes up to 16 bits. Longer ones are lists, one for each 16 bits, and
// blocks (prefix-blocks.ts) are made of a list when an address first leads there after a change. So
// many changes cost no more than one, and a table of half a million is ready at once. A block does not
// repeat what `base` says: a new default route touches none.

import { ANSWERS, answerAt, BlockStore, blockWords } from './prefix-blocks.ts'

/** An address without answer; in a block: as `base` says. */
export const NO_ROUTE = -1

/** In `root`: the block has not been made since the list changed. Block b is -2 - b. */
const CHANGED = -2

const ROOT = 65_536
const END = -1

/** The prefixes by number, and their answers. They are the caller's; each change is told. */
export interface TrieColumns {
  addrs: Int32Array
  lengths: Uint8Array
  hops: Int32Array
}

export class PrefixTrie {
  #columns: TrieColumns
  readonly #root = new Int32Array(ROOT).fill(NO_ROUTE)
  readonly #base = new Int32Array(ROOT).fill(NO_ROUTE)
  /** One more than the length of the prefix that the answer in `base` is from; 0: none. */
  readonly #baseLengths = new Uint8Array(ROOT)
  /** The lists of longer prefixes: first number by 16 bits, then linked both ways. */
  readonly #first = new Int32Array(ROOT).fill(END)
  #next = new Int32Array(16)
  #previous = new Int32Array(16)
  /** Room for chains while blocks are made. */
  #chain = new Int32Array(16)
  readonly #blocks = new BlockStore()

  constructor(columns: TrieColumns) {
    this.#columns = columns
  }

  lookup(addr: number): number {
    const high = addr >>> 16
    let v = this.#root[high]!
    if (v >= NO_ROUTE) return v
    if (v === CHANGED) v = this.#make(high)
    const words = this.#blocks.words
    v = answerAt(words, -2 - v, (addr >>> 8) & 255)
    if (v < NO_ROUTE) v = answerAt(words, -2 - v, addr & 255)
    return v === NO_ROUTE ? this.#base[high]! : v
  }

  /** A prefix is new, or has another answer. */
  set(number: number, known: boolean): void {
    const { addrs, lengths, hops } = this.#columns
    const length = lengths[number]!
    const high = addrs[number]! >>> 16
    if (length <= 16) this.#paint(high, length, 0, hops[number]!, length + 1)
    else {
      if (!known) this.#link(high, number)
      this.#change(high)
    }
  }

  /** A prefix goes. `answer` and `shorter` are of the next shorter one (-1 and -1: none). */
  remove(number: number, answer: number, shorter: number): void {
    const { addrs, lengths } = this.#columns
    const length = lengths[number]!
    const high = addrs[number]! >>> 16
    if (length <= 16) this.#paint(high, length, length + 1, answer, shorter + 1)
    else {
      this.#unlink(high, number)
      this.#change(high)
    }
  }

  /** Takes the first `count` prefixes of other columns, in place of all that there was. */
  load(columns: TrieColumns, count: number): void {
    this.clear()
    this.#columns = columns
    const { addrs, lengths } = columns
    this.#next = new Int32Array(addrs.length)
    this.#previous = new Int32Array(addrs.length)
    this.#chain = new Int32Array(addrs.length)
    const many = new Uint16Array(ROOT)
    let words = 0
    for (let i = 0; i < count; i++) {
      if (lengths[i]! <= 16) this.set(i, false)
      else this.#link(addrs[i]! >>> 16, i)
    }
    for (let i = 0; i < count; i++) {
      if (lengths[i]! > 16 && many[addrs[i]! >>> 16]! < ANSWERS) many[addrs[i]! >>> 16]!++
      if (lengths[i]! > 24) words += blockWords(3)
    }
    for (let high = 0; high < ROOT; high++) {
      if (many[high] === 0) continue
      this.#root[high] = CHANGED
      words += blockWords(2 * many[high]! + 1)
    }
    this.#blocks.reserve(words)
  }

  clear(): void {
    this.#root.fill(NO_ROUTE)
    this.#base.fill(NO_ROUTE)
    this.#baseLengths.fill(0)
    this.#first.fill(END)
    this.#blocks.clear()
  }

  /** Writes an answer where the old one is from a prefix of `least` - 1 to `length` bits. */
  #paint(high: number, length: number, least: number, answer: number, newLength: number): void {
    const end = high + (1 << (16 - length))
    for (let i = high; i < end; i++) {
      const old = this.#baseLengths[i]!
      if (old < least || old > length + 1) continue
      this.#base[i] = answer
      this.#baseLengths[i] = newLength
      if (this.#root[i]! >= NO_ROUTE) this.#root[i] = answer
    }
  }

  #link(high: number, number: number): void {
    if (number >= this.#next.length) {
      this.#next = grown(this.#next, this.#columns.addrs.length)
      this.#previous = grown(this.#previous, this.#columns.addrs.length)
      this.#chain = new Int32Array(this.#columns.addrs.length)
    }
    const first = this.#first[high]!
    this.#next[number] = first
    this.#previous[number] = END
    if (first !== END) this.#previous[first] = number
    this.#first[high] = number
  }

  #unlink(high: number, number: number): void {
    const next = this.#next[number]!
    const previous = this.#previous[number]!
    if (previous === END) this.#first[high] = next
    else this.#next[previous] = next
    if (next !== END) this.#previous[next] = previous
  }

  /** The list has changed: what was made of it is forgotten. */
  #change(high: number): void {
    const v = this.#root[high]!
    const blocks = this.#blocks
    if (v < CHANGED) {
      const at = -2 - v
      for (let run = blocks.runs(at) - 1; run >= 0; run--) {
        const inner = blocks.run(at, run)
        if (inner < NO_ROUTE) blocks.free(-2 - inner)
      }
      blocks.free(at)
    }
    this.#root[high] = this.#first[high] === END ? this.#base[high]! : CHANGED
  }

  /** Makes the blocks of a list; returns what `root` then has. */
  #make(high: number): number {
    const { addrs, lengths, hops } = this.#columns
    const chain = this.#chain
    OF_LENGTH.fill(END)
    OF_ANSWER.fill(END)
    // One pass puts each prefix in a chain of its length, or of the answer that it lies below.
    for (let n = this.#first[high]!; n !== END; n = this.#next[n]!) {
      const length = lengths[n]!
      const heads = length <= 24 ? OF_LENGTH : OF_ANSWER
      const head = length <= 24 ? length : (addrs[n]! >>> 8) & 255
      chain[n] = heads[head]!
      heads[head] = n
    }
    SECOND.fill(NO_ROUTE)
    for (let length = 17; length <= 24; length++) {
      for (let n = OF_LENGTH[length]!; n !== END; n = chain[n]!) {
        const at = (addrs[n]! >>> 8) & 255
        SECOND.fill(hops[n]!, at, at + (1 << (24 - length)))
      }
    }
    for (let i = 0; i < ANSWERS; i++)
      if (OF_ANSWER[i] !== END) SECOND[i] = this.#makeThird(OF_ANSWER[i]!, SECOND[i]!)
    const v = -2 - this.#blocks.store(SECOND)
    this.#root[high] = v
    return v
  }

  /** The block of a chain of prefixes below one answer. */
  #makeThird(head: number, answer: number): number {
    const { addrs, lengths, hops } = this.#columns
    THIRD.fill(answer)
    for (let length = 25; length <= 32; length++) {
      for (let n = head; n !== END; n = this.#chain[n]!) {
        if (lengths[n] !== length) continue
        const at = addrs[n]! & 255
        THIRD.fill(hops[n]!, at, at + (1 << (32 - length)))
      }
    }
    return -2 - this.#blocks.store(THIRD)
  }
}

/** Room to make blocks in: used within one call, and the same for all tables. */
const SECOND = new Int32Array(ANSWERS) // hidden-state: scratch, filled at the start of each call
const THIRD = new Int32Array(ANSWERS) // hidden-state: scratch, filled at the start of each call
const OF_LENGTH = new Int32Array(25) // hidden-state: scratch, filled at the start of each call
const OF_ANSWER = new Int32Array(ANSWERS) // hidden-state: scratch, filled at the start of each call

function grown(old: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length)
  larger.set(old)
  return larger
}
