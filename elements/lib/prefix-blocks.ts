// Compressed blocks of a trie: 256 answers, stored as runs of equal ones.
//
//   word 0…7   a bit an answer: 1 where it differs from the one before (the first is always 1)
//   word 8, 9  a byte for each of words 0…7: how many bits are 1 in the words before it
//   word 10 …  the answer of each run
//
// Answer i is that of the run whose number is the count of 1s up to bit i. A block of a provider's
// table has some ten runs: it lies in two lines of the processor's cache, and half a million routes
// in a few megabytes.

export const ANSWERS = 256
const RUNS_AT = 10
const WORDS_MAX_LOG2 = 9
/** Offset 0 is no block's. */
const FIRST = 16

export class BlockStore {
  words = new Int32Array(1024)
  #used = FIRST
  /** First free block by log2 of its size, linked through its first word; 0: none. */
  readonly #free = new Int32Array(WORDS_MAX_LOG2 + 1)

  /** Stores 256 answers; returns the block's offset. */
  store(answers: Int32Array): number {
    let runs = 1
    for (let i = 1; i < ANSWERS; i++) if (answers[i] !== answers[i - 1]) runs++
    const at = this.#take(sizeLog2(runs))
    const words = this.words
    let run = at + RUNS_AT
    words[run] = answers[0]!
    words[at + 8] = 0
    words[at + 9] = 0
    for (let w = 0; w < 8; w++) {
      const before = run - at - RUNS_AT + (w === 0 ? 0 : 1)
      words[at + 8 + (w >> 2)]! |= before << ((w & 3) << 3)
      let bits = 0
      for (let b = 0; b < 32; b++) {
        const i = (w << 5) | b
        if (i > 0 && answers[i] === answers[i - 1]) continue
        bits |= 1 << b
        if (i > 0) words[++run] = answers[i]!
      }
      words[at + w] = bits
    }
    return at
  }

  free(at: number): void {
    const log2 = sizeLog2(this.runs(at))
    this.words[at] = this.#free[log2]!
    this.#free[log2] = at
  }

  runs(at: number): number {
    const words = this.words
    return ((words[at + 9]! >>> 24) & 255) + ones(words[at + 7]!)
  }

  /** The answer of a run. */
  run(at: number, run: number): number {
    return this.words[at + RUNS_AT + run]!
  }

  /** Makes sure that so many more words fit without copying. */
  reserve(words: number): void {
    if (this.#used + words > this.words.length) this.#grow(this.#used + words)
  }

  clear(): void {
    this.words = new Int32Array(1024)
    this.#used = FIRST
    this.#free.fill(0)
  }

  #take(log2: number): number {
    const known = this.#free[log2]!
    if (known !== 0) {
      this.#free[log2] = this.words[known]!
      return known
    }
    const at = this.#used
    this.#used += 1 << log2
    if (this.#used > this.words.length) this.#grow(this.words.length * 2)
    return at
  }

  #grow(length: number): void {
    const words = new Int32Array(length)
    words.set(this.words)
    this.words = words
  }
}

/** Answer i of a block. */
export function answerAt(words: Int32Array, at: number, i: number): number {
  const w = i >> 5
  const upTo = words[at + w]! & (-1 >>> (31 - (i & 31)))
  const before = (words[at + 8 + (w >> 2)]! >>> ((w & 3) << 3)) & 255
  return words[at + RUNS_AT - 1 + before + ones(upTo)]!
}

/** Words of blocks with so many runs, at most. */
export function blockWords(runs: number): number {
  return 1 << sizeLog2(Math.min(runs, ANSWERS))
}

function sizeLog2(runs: number): number {
  return 32 - Math.clz32(runs + RUNS_AT - 1)
}

/** How many bits are 1. */
function ones(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555)
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333)
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
