// The gate: which packets a replica may process. One byte a bucket, and one more for packets that
// are not steered by a hash (not IP). The packet loop asks `admit` for every packet of a service
// port; the move's commands change the bytes, between two packets.
//
//              incoming                 own
//   FOREIGN ───────────────▶ INCOMING ───────▶ OWNED ──away──▶ AWAY ──close──▶ FOREIGN
//      ▲ ▲ └──────────own (takeover)────────────▲ ▲             │ │
//      │ └────discard────────────┘ ▲              └─────own─────┘ │
//      └                           └──────────incoming────────────┘
//
// Transitions apply only where they fit, so that one that comes late (a bucket moved back within
// the second in which its old owner still sends stragglers on) does no harm.

import type { Buckets } from './types.ts'

/** Owned by another replica; nothing of it should come here. */
export const FOREIGN = 0
export const OWNED = 1
/** Being moved here: packets wait. */
export const INCOMING = 2
/** Moved away a moment ago: packets are sent on to the new owner. */
export const AWAY = 3

/** What `admit` says. */
export const PROCESS = 0
export const HOLD = 1
/** Send to the new owner, over the state stream. */
export const FORWARD = 2
/** Drop and count as `foreign`: nobody to send it to. */
export const DROP_FOREIGN = 3
/** Drop and count as `hops`: was sent on once already. Two replicas that disagree make no loop. */
export const DROP_HOPS = 4

export class Gate {
  /** One byte a bucket; the last one for packets without. May be shared with the main thread. */
  readonly states: Uint8Array

  constructor(states: Uint8Array) {
    this.states = states
  }

  static make(buckets: number): Gate {
    return new Gate(new Uint8Array(new SharedArrayBuffer(buckets + 1)))
  }

  /**
   * What is to be done with a packet of a port.
   * @param bucket -1: not steered by a hash
   * @param hopped it came over the stream, as a straggler
   */
  admit(bucket: number, hopped: boolean): number {
    const states = this.states
    const state = states[bucket < 0 ? states.length - 1 : bucket]
    if (state === OWNED) return PROCESS
    if (state === INCOMING) return HOLD
    if (state === AWAY) return hopped ? DROP_HOPS : FORWARD
    return hopped ? DROP_HOPS : DROP_FOREIGN
  }

  /** FOREIGN, AWAY → INCOMING. */
  incoming(buckets: Buckets, primary: boolean): void {
    this.#change(buckets, primary, INCOMING, (s) => s === FOREIGN || s === AWAY)
  }

  /** Any → OWNED. */
  own(buckets: Buckets, primary: boolean): void {
    this.#change(buckets, primary, OWNED, () => true)
  }

  /** OWNED → AWAY. */
  away(buckets: Buckets, primary: boolean): void {
    this.#change(buckets, primary, AWAY, (s) => s === OWNED)
  }

  /** AWAY → FOREIGN. */
  close(buckets: Buckets, primary: boolean): void {
    this.#change(buckets, primary, FOREIGN, (s) => s === AWAY)
  }

  /** INCOMING → FOREIGN. */
  discard(buckets: Buckets, primary: boolean): void {
    this.#change(buckets, primary, FOREIGN, (s) => s === INCOMING)
  }

  /** Buckets in a state: for metrics. */
  count(state: number): number {
    let n = 0
    for (let b = 0; b < this.states.length - 1; b++) if (this.states[b] === state) n += 1
    return n
  }

  #change(buckets: Buckets, primary: boolean, to: number, fits: (state: number) => boolean): void {
    const { states } = this
    for (const [from, end] of buckets)
      for (let b = from; b < end && b < states.length - 1; b++)
        if (fits(states[b] as number)) states[b] = to
    const last = states.length - 1
    if (primary && fits(states[last] as number)) states[last] = to
  }
}
