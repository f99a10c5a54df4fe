// Finds the number of a prefix: a hash table with open addressing over columns that its owner keeps.
// A Map with half a million numbers as keys takes five times as long to fill.
//
//   slots[hash(addr, length) …] ──▶ number of the route, or -1
//
// A removal moves later entries of the run up, so there are no tombstones.

const EMPTY = -1
const SLOTS_MIN = 64

/** The prefixes by number. */
export interface PrefixColumns {
  addrs: Int32Array
  lengths: Uint8Array
}

export class PrefixIndex {
  readonly #columns: PrefixColumns
  #slots: Int32Array
  #mask: number
  #size = 0

  /** @param from an index over the same prefixes, of columns that `columns` is a copy of */
  constructor(columns: PrefixColumns, from?: PrefixIndex) {
    this.#columns = columns
    this.#slots = from === undefined ? new Int32Array(SLOTS_MIN).fill(EMPTY) : from.#slots.slice()
    this.#mask = this.#slots.length - 1
    this.#size = from === undefined ? 0 : from.#size
  }

  get size(): number {
    return this.#size
  }

  /** Number of a prefix; -1: not there. */
  find(addr: number, length: number): number {
    const { addrs, lengths } = this.#columns
    for (let i = hash(addr, length) & this.#mask; ; i = (i + 1) & this.#mask) {
      const number = this.#slots[i]!
      if (number === EMPTY || (addrs[number] === addr && lengths[number] === length)) return number
    }
  }

  /** Adds a number, whose prefix is in the columns and not yet here. */
  add(number: number): void {
    if (this.#size * 2 >= this.#slots.length) this.#grow()
    this.#size++
    this.#put(number)
  }

  #put(number: number): void {
    let i = this.#home(number)
    while (this.#slots[i] !== EMPTY) i = (i + 1) & this.#mask
    this.#slots[i] = number
  }

  /** Takes out a number that is there. */
  remove(number: number): void {
    const slots = this.#slots
    let hole = this.#home(number)
    while (slots[hole] !== number) hole = (hole + 1) & this.#mask
    this.#size--
    for (let i = (hole + 1) & this.#mask; slots[i] !== EMPTY; i = (i + 1) & this.#mask) {
      // An entry may move up to the hole unless its home lies behind that.
      const away = (i - this.#home(slots[i]!)) & this.#mask
      if (away < ((i - hole) & this.#mask)) continue
      slots[hole] = slots[i]!
      hole = i
    }
    slots[hole] = EMPTY
  }

  clear(): void {
    this.#slots = new Int32Array(SLOTS_MIN).fill(EMPTY)
    this.#mask = SLOTS_MIN - 1
    this.#size = 0
  }

  #home(number: number): number {
    const { addrs, lengths } = this.#columns
    return hash(addrs[number]!, lengths[number]!) & this.#mask
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Int32Array(old.length * 4).fill(EMPTY)
    this.#mask = this.#slots.length - 1
    for (let i = 0; i < old.length; i++) if (old[i] !== EMPTY) this.#put(old[i]!)
  }
}

function hash(addr: number, length: number): number {
  const h = Math.imul(addr ^ (length << 3), 0x9e3779b1)
  return h ^ (h >>> 15)
}
