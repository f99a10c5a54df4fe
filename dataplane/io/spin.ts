// Whether to look for packets a little while before sleeping. A sleep costs two changes of thread, 10
// to 20 µs of a packet's time; looking costs the processor. So it is done only while packets have
// come sooner than that lately, and only where other processors are left for everybody else: on two,
// looking made the slowest hundredth of packets later (doc/performance.md).

import { SPIN_MS, SPIN_PROCESSORS } from '../../lib/limits.ts'

/** Sleeps that were short in a row, after which looking is worth it, and what one long one takes back. */
const WORTH = 8
const BEST = 16
const SETBACK = 4

export function spinMsFor(processors: number): number {
  return processors >= SPIN_PROCESSORS ? SPIN_MS : 0
}

export class Spin {
  readonly #ms: number
  #score = 0

  /** @param ms how long to look; 0: never */
  constructor(ms: number) {
    this.#ms = ms
  }

  get ever(): boolean {
    return this.#ms > 0
  }

  /** How long to look now; 0: sleep at once. */
  get ms(): number {
    return this.#score >= WORTH ? this.#ms : 0
  }

  /** Packets came after so long, whether it was looked for them or slept; Infinity: none came. */
  came(afterMs: number): void {
    if (afterMs <= this.#ms) this.#score = Math.min(BEST, this.#score + 1)
    else this.#score = Math.max(0, this.#score - SETBACK)
  }
}
