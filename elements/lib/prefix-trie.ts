// Longest-prefix match over IPv4: a trie with a first level of 16 bits and two of 8, in typed
// arrays.
//
//   root[addr >>> 16] ──▶ value, or a block of 256 ──▶ value, or a block of 256 ──▶ value
//
// Every slot holds the answer for its addresses, so a lookup reads one to three words. Beside
// each slot is the length of the prefix that the answer is from: a new prefix is written over
// what is of a shorter one, and a removed one is replaced by the next shorter that covers it. So
// a change touches the slots of its prefix only.

/** A slot without answer. */
export const NO_ROUTE = -1

const ROOT = 65_536
const BLOCK = 256

export class PrefixTrie {
  /** Slots: 0 and up a value, -1 none, below that block number b as -2 - b. */
  #slots = new Int32Array(ROOT).fill(NO_ROUTE)
  /** One more than the length of the slot's prefix; 0: none. */
  #lengths = new Uint8Array(ROOT)
  #used = ROOT

  lookup(addr: number): number {
    const slots = this.#slots
    let v = slots[addr >>> 16]!
    if (v >= NO_ROUTE) return v
    v = slots[ROOT + (-2 - v) * BLOCK + ((addr >>> 8) & 255)]!
    if (v >= NO_ROUTE) return v
    return slots[ROOT + (-2 - v) * BLOCK + (addr & 255)]!
  }

  /** Sets the answer for a prefix, where no longer one is known. */
  insert(addr: number, length: number, value: number): void {
    this.#paint(addr, length, (old) => old <= length + 1, value, length + 1)
  }

  /** Takes a prefix out. `value` and `shorter` are of the next shorter prefix (-1 and -1: none). */
  remove(addr: number, length: number, value: number, shorter: number): void {
    this.#paint(addr, length, (old) => old === length + 1, value, shorter + 1)
  }

  clear(): void {
    this.#slots = new Int32Array(ROOT).fill(NO_ROUTE)
    this.#lengths = new Uint8Array(ROOT)
    this.#used = ROOT
  }

  #paint(
    addr: number,
    length: number,
    over: (oldLength: number) => boolean,
    value: number,
    newLength: number,
  ): void {
    let base = 0
    let shift = 16
    let bits = 16
    while (length > bits) {
      base = this.#block(base + ((addr >>> shift) & (base === 0 ? 0xffff : 255)))
      shift -= 8
      bits += 8
    }
    const first = (addr >>> shift) & (base === 0 ? 0xffff : 255)
    this.#fill(base + first, 2 ** (bits - length), over, value, newLength)
  }

  /** Writes `count` slots and all that is below them. */
  #fill(
    from: number,
    count: number,
    over: (oldLength: number) => boolean,
    value: number,
    newLength: number,
  ): void {
    for (let i = from; i < from + count; i++) {
      const v = this.#slots[i]!
      if (v < NO_ROUTE) {
        this.#fill(ROOT + (-2 - v) * BLOCK, BLOCK, over, value, newLength)
      } else if (over(this.#lengths[i]!)) {
        this.#slots[i] = value
        this.#lengths[i] = newLength
      }
    }
  }

  /** The block below a slot, made with the slot's answer where there is none. */
  #block(slot: number): number {
    const v = this.#slots[slot]!
    if (v < NO_ROUTE) return ROOT + (-2 - v) * BLOCK
    if (this.#used + BLOCK > this.#slots.length) this.#grow()
    const base = this.#used
    this.#used += BLOCK
    this.#slots.fill(v, base, base + BLOCK)
    this.#lengths.fill(this.#lengths[slot]!, base, base + BLOCK)
    this.#slots[slot] = -2 - (base - ROOT) / BLOCK
    return base
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2)
    slots.set(this.#slots)
    const lengths = new Uint8Array(this.#lengths.length * 2)
    lengths.set(this.#lengths)
    this.#slots = slots
    this.#lengths = lengths
  }
}
