// Held packets: a ring of references, doubled up to its capacity.
//
//   ring:  [ . . . p q r s . . ]    head = index of p, length = 4
//
// Invariant: packets stand at (head + 0 .. length-1) & mask; all other places are null.

import type { PacketFifo } from './declare.ts'
import type { Packet } from './packet.ts'

const START = 16

export class Fifo implements PacketFifo {
  readonly capacity: number
  length = 0
  /** Pushes that found the queue at capacity. */
  full = 0
  #ring: (Packet | null)[] = new Array(START).fill(null)
  #mask = START - 1
  #head = 0

  constructor(capacity: number) {
    this.capacity = capacity
  }

  push(p: Packet): boolean {
    if (this.length >= this.capacity) {
      this.full++
      return false
    }
    this.append(p)
    return true
  }

  /** Appends, whatever the capacity: for packets that a move brings from a larger queue. */
  append(p: Packet): void {
    if (this.length > this.#mask) this.#grow()
    this.#ring[(this.#head + this.length) & this.#mask] = p
    this.length++
  }

  unshift(p: Packet): boolean {
    if (this.length >= this.capacity) {
      this.full++
      return false
    }
    this.putBack(p)
    return true
  }

  /** Puts in front, whatever the capacity: for packets that a move took out and brings back. */
  putBack(p: Packet): void {
    if (this.length > this.#mask) this.#grow()
    this.#head = (this.#head - 1) & this.#mask
    this.#ring[this.#head] = p
    this.length++
  }

  shift(): Packet | null {
    if (this.length === 0) return null
    const p = this.#ring[this.#head]!
    this.#ring[this.#head] = null
    this.#head = (this.#head + 1) & this.#mask
    this.length--
    return p
  }

  peek(): Packet | null {
    return this.length === 0 ? null : this.#ring[this.#head]!
  }

  /** Takes all that another has, which is empty then; whatever the capacity. */
  takeOver(from: Fifo): void {
    this.#ring = from.#ring
    this.#mask = from.#mask
    this.#head = from.#head
    this.length = from.length
    from.#ring = new Array(START).fill(null)
    from.#mask = START - 1
    from.#head = 0
    from.length = 0
  }

  extract(visit: (p: Packet) => boolean): void {
    const n = this.length
    let kept = 0
    for (let k = 0; k < n; k++) {
      const p = this.#ring[(this.#head + k) & this.#mask]!
      if (visit(p)) continue
      this.#ring[(this.#head + kept) & this.#mask] = p
      kept++
    }
    for (let k = kept; k < n; k++) this.#ring[(this.#head + k) & this.#mask] = null
    this.length = kept
  }

  #grow(): void {
    const old = this.#ring
    const ring: (Packet | null)[] = new Array(old.length * 2).fill(null)
    for (let k = 0; k < this.length; k++) ring[k] = old[(this.#head + k) & this.#mask]!
    this.#ring = ring
    this.#mask = ring.length - 1
    this.#head = 0
  }
}
