// The gate at a replica's ports: decides for every received packet whether it is this replica's.
//
// State per bucket (entry B: packets without a bucket, which go to the primary):
//
//              prepare                    release
//   FOREIGN ─────────────▶ INCOMING ─────────────▶ OWNED
//      ▲ ▲                    │ discard              │ drain (after the last fence)
//      │ └────────────────────┘                      ▼
//      └────────────────── close ───────────────── AWAY
//
//   OWNED     the packet goes into the graph
//   INCOMING  it is held, in order of arrival, until the bucket is released (HELD_PACKETS at most)
//   AWAY      a straggler: a copy goes to the new owner over the state stream, once
//   FOREIGN   dropped and counted: nothing should have been steered here
//
// ARP replies go to every replica, whatever it owns. Fence frames end here and are reported.
// What a bucket's state means is decided in lib/move/gate.ts, which the simulator runs as well.

import { decodeFence, FENCE_LENGTH, type Fence } from '../lib/fence.ts'
import { HELD_PACKETS, STRAGGLER_PACKETS } from '../lib/limits.ts'
import { AWAY, FOREIGN, INCOMING, OWNED } from '../lib/move/gate.ts'
import type { Buckets } from '../lib/move/types.ts'
import { STEER_ARP_REPLY, STEER_FENCE } from '../lib/steer.ts'
import type { Packet, Pool } from './packet.ts'

export interface GateCounters {
  held: number
  /** Arrived when HELD_PACKETS were held already: dropped. */
  holdOverflow: number
  stragglers: number
  /** Stragglers beyond STRAGGLER_PACKETS waiting to be sent on: dropped. */
  stragglerOverflow: number
  /** For buckets that this replica neither owns nor is getting: dropped. */
  foreign: number
  fences: number
}

export class PacketGate {
  /** By bucket; the last entry is for packets without one. */
  readonly states: Uint8Array
  readonly counters: GateCounters = {
    held: 0,
    holdOverflow: 0,
    stragglers: 0,
    stragglerOverflow: 0,
    foreign: 0,
    fences: 0,
  }
  readonly #pool: Pool
  readonly #primary: number
  readonly #onFence: (fence: Fence) => void
  readonly #held: (Packet | null)[] = new Array(HELD_PACKETS).fill(null)
  #heldCount = 0
  #stragglers: Packet[] = []
  /** When the first packet of this hold came, in ms of `performance.now()`; -1: none is held. */
  #holdStartMs = -1

  constructor(bucketsLog2: number, owned: boolean, pool: Pool, onFence: (fence: Fence) => void) {
    this.#pool = pool
    this.#primary = 1 << bucketsLog2
    this.#onFence = onFence
    this.states = new Uint8Array(this.#primary + 1).fill(owned ? OWNED : FOREIGN)
  }

  /** True: the packet is the graph's. False: the gate has taken it. */
  admit(p: Packet, _port: number): boolean {
    const bucket = p.bucket
    const state = this.states[bucket >= 0 ? bucket : this.#primary]
    if (state === OWNED && bucket !== STEER_FENCE) return true
    return bucket === STEER_ARP_REPLY || this.#take(p, state!)
  }

  #take(p: Packet, state: number): boolean {
    if (p.bucket === STEER_FENCE) {
      const fence = p.end - p.off >= FENCE_LENGTH / 2 ? decodeFence(p.mem, p.off, p.end) : null
      this.#pool.free(p)
      if (fence === null) return false
      this.counters.fences++
      this.#onFence(fence)
    } else if (state === INCOMING) this.#hold(p)
    else if (state === AWAY) this.#straggle(p)
    else {
      this.counters.foreign++
      this.#pool.free(p)
    }
    return false
  }

  #hold(p: Packet): void {
    if (this.#heldCount === HELD_PACKETS) {
      this.counters.holdOverflow++
      this.#pool.free(p)
      return
    }
    if (this.#heldCount === 0) this.#holdStartMs = performance.now()
    this.#held[this.#heldCount++] = p
    this.counters.held++
  }

  #straggle(p: Packet): void {
    if (this.#stragglers.length === STRAGGLER_PACKETS) {
      this.counters.stragglerOverflow++
      this.#pool.free(p)
      return
    }
    this.counters.stragglers++
    this.#stragglers.push(p)
  }

  get heldCount(): number {
    return this.#heldCount
  }

  /** Microseconds since the first packet of this hold came; 0: none is held. */
  holdUs(): number {
    return this.#holdStartMs < 0 ? 0 : Math.round((performance.now() - this.#holdStartMs) * 1000)
  }

  /** Takes the stragglers that wait to be sent on; they are the caller's. */
  takeStragglers(): Packet[] {
    const taken = this.#stragglers
    this.#stragglers = []
    return taken
  }

  /** Sets the state of buckets, and of entry B where `primary` says so. */
  set(buckets: Buckets, primary: boolean, state: number): void {
    for (const [from, to] of buckets) this.states.fill(state, from, to)
    if (primary) this.states[this.#primary] = state
  }

  /** Gives what is held to `enter`, in order of arrival, and forgets it. Returns how many. */
  releaseHeld(enter: (p: Packet) => void): number {
    const count = this.#heldCount
    for (let k = 0; k < count; k++) {
      const p = this.#held[k]!
      this.#held[k] = null
      enter(p)
    }
    this.#heldCount = 0
    this.#holdStartMs = -1
    return count
  }

  owns(): number {
    let count = 0
    for (let b = 0; b < this.#primary; b++) if (this.states[b] === OWNED) count++
    return count
  }
}
