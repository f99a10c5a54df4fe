// The index of a table: from the hash of a key to the number of its row, in pages of 1,024 cells.
// Each page is an open-addressing table of its own, and a directory says which page a hash belongs to
// (extendible hashing):
//
//   hash   | group: 9 bits | tag … | directory: as many of the low bits as it has |
//   cell   | tag | row number + 1 |            0: empty
//
// A page is 512 groups of two cells. A cell lies in the group that its hash says, or, where that is
// full, in a later one, round the page's end. The used cells of a group come first: its last says
// whether it is full. Both cells of a group are compared without a branch, since the processor would
// guess wrong which of them it is, and that costs more than the second comparison.
//
// A page that is full is split in two by one more bit of the hash: so the index grows by a page at
// a time, there is never an old index beside a new one, and no insert waits for more than one page.
// How full a page may be differs from page to page: hashes spread so evenly that all would be split
// at the same time otherwise, and the memory would double at once.
//
// The tag (the bits that row numbers leave free) spares nearly all looks at rows of other keys. Of a
// row's hash the cell does not have enough for a split or for closing a gap: it is computed again
// from the row. That is the generated table class's part (table-code.ts), as is every loop over
// cells that packets wait for.

import { INDEX_DEPTH_MAX } from '../lib/limits.ts'
import { GrowingMemory } from './table-memory.ts'

export const PAGE_LOG2 = 10
export const PAGE = 1 << PAGE_LOG2
/** log2 of a page's groups, and of a group's cells. */
export const GROUPS_LOG2 = 9
export const GROUP_LOG2 = 1
const GROUP = 1 << GROUP_LOG2

/** Cells of a page that are used when it is split: from FILL_MIN to twice as many. */
const FILL_MIN = 410
/** Odd: the next page's share of that range is far from this one's. */
const FILL_STEP = 0x9e3779b1

/** Bytes of the index at most, for each row: twice what it has when every page was just split. */
const BYTES_A_ROW = (2 * PAGE * 4) / (FILL_MIN / 2)

const NO_CELLS = new Int32Array(0)

// Fields that packets read have an initial value of their kind: see Packet.
export class HashIndex {
  /** Page of each value of a hash's low bits. */
  dir: Int32Array = NO_CELLS
  dirMask = 0
  /** All pages, one after the other; another array once the index has grown. */
  cells: Int32Array = NO_CELLS
  /** Bits of a cell that hold the row number + 1, and those that hold the tag. */
  readonly rowMask: number = 0
  readonly tagMask: number = 0
  /** Used cells of each page. */
  used: Uint16Array = new Uint16Array(1)
  /** Cells of a page that `take` took out. */
  readonly spill: Int32Array = new Int32Array(PAGE)
  pages = 0
  /** How many low bits of the hash all keys of a page share. */
  #depths = new Uint8Array(1)
  #memory: GrowingMemory
  readonly #bytesMax: number

  /** @param slots row numbers are below. @param rows in the index at most */
  constructor(slots: number, rows: number) {
    this.#bytesMax = Math.ceil((rows * BYTES_A_ROW) / (PAGE * 4) + 1) * PAGE * 4
    this.#memory = new GrowingMemory(PAGE * 4, this.#bytesMax)
    // All ones is no row number + 1: the mask has room for one more.
    this.rowMask = 2 ** Math.ceil(Math.log2(slots + 2)) - 1
    this.tagMask = ~this.rowMask
    this.reset()
  }

  reset(): void {
    this.dir = new Int32Array(1)
    this.dirMask = 0
    if (this.pages > 0) this.#memory = new GrowingMemory(PAGE * 4, this.#bytesMax)
    this.cells = this.#memory.words()
    this.used = new Uint16Array(1)
    this.#depths = new Uint8Array(1)
    this.pages = 1
  }

  /** Makes the pages that so many rows will need, where there is none yet: they need not be split then. */
  reserve(rows: number): void {
    if (this.pages > 1 || this.used[0]! > 0 || rows <= FILL_MIN) return
    // Pages are then between half and full of what they may hold.
    const depth = Math.min(INDEX_DEPTH_MAX, Math.ceil(Math.log2(rows / (FILL_MIN * 1.5))))
    const pages = 1 << Math.max(0, depth)
    if (pages * PAGE * 4 > this.#bytesMax) return
    this.#memory = new GrowingMemory(pages * PAGE * 4, this.#bytesMax)
    this.cells = this.#memory.words()
    this.dir = Int32Array.from({ length: pages }, (_, p) => p)
    this.dirMask = pages - 1
    this.used = new Uint16Array(pages)
    this.#depths = new Uint8Array(pages).fill(depth)
    this.pages = pages
  }

  /** Bytes of memory that pages lie in, and the directory's. */
  get bytes(): number {
    return this.#memory.bytes + this.dir.byteLength + this.used.byteLength + this.#depths.byteLength
  }

  /** Must the page of this hash be split before it takes another cell? */
  isFull(h: number): boolean {
    const p = this.dir[h & this.dirMask]!
    return this.used[p]! >= FILL_MIN + (((Math.imul(p, FILL_STEP) >>> 16) * FILL_MIN) >>> 16)
  }

  /** No room at all: more hashes than a page has cells share INDEX_DEPTH_MAX bits. */
  isStuck(h: number): boolean {
    return this.used[this.dir[h & this.dirMask]!]! >= PAGE - 1
  }

  /**
   * Splits the page of this hash: empties it, makes its sibling, and leaves the cells in `spill`.
   * @returns how many; 0: it cannot be split
   */
  take(h: number): number {
    const p = this.dir[h & this.dirMask]!
    const depth = this.#depths[p]!
    if (depth === INDEX_DEPTH_MAX) return 0
    if (this.pages * PAGE === this.cells.length) {
      if (!this.#memory.grow()) return 0
      this.cells = this.#memory.words()
    }
    const sibling = this.#addPage()
    this.#depths[p] = depth + 1
    this.#depths[sibling] = depth + 1
    if (1 << depth > this.dirMask) this.#doubleDirectory()
    const step = 1 << (depth + 1)
    for (let d = (h & ((1 << depth) - 1)) | (1 << depth); d <= this.dirMask; d += step)
      this.dir[d] = sibling
    const { cells } = this
    const base = p << PAGE_LOG2
    let n = 0
    for (let at = base; at < base + PAGE; at++) {
      const q = cells[at]!
      if (q === 0) continue
      this.spill[n++] = q
      cells[at] = 0
    }
    this.used[p] = 0
    return n
  }

  /** Puts a cell into its page. */
  put(h: number, q: number): void {
    const p = this.dir[h & this.dirMask]!
    const { cells } = this
    const page = p << PAGE_LOG2
    let g = (h >>> (32 - GROUPS_LOG2)) << GROUP_LOG2
    while (cells[page + g + GROUP - 1] !== 0) g = (g + GROUP) & (PAGE - 1)
    let at = page + g
    while (cells[at] !== 0) at++
    cells[at] = q
    this.used[p] = this.used[p]! + 1
  }

  /** Empties a cell: the last used one of its group takes its place. */
  close(page: number, gap: number): void {
    const { cells } = this
    let last = page + (gap | (GROUP - 1))
    while (cells[last] === 0) last--
    cells[page + gap] = cells[last]!
    cells[last] = 0
  }

  /** What a cell of this hash and row holds. */
  cellOf(h: number, r: number): number {
    return ((h << GROUPS_LOG2) & this.tagMask) | (r + 1)
  }

  #addPage(): number {
    const p = this.pages++
    if (p === this.used.length) {
      const used = new Uint16Array(p * 2)
      used.set(this.used)
      this.used = used
      const depths = new Uint8Array(p * 2)
      depths.set(this.#depths)
      this.#depths = depths
    }
    return p
  }

  #doubleDirectory(): void {
    const { dir } = this
    const larger = new Int32Array(dir.length * 2)
    larger.set(dir)
    larger.set(dir, dir.length)
    this.dir = larger
    this.dirMask = larger.length - 1
  }
}
