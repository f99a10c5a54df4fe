// The gate at a replica's ports: does with every received packet what lib/move/gate.ts decides for
// its bucket, which is also what the simulator runs.
//
//   OWNED     the packet goes into the graph
//   INCOMING  it is held, in order of arrival, until the buckets are released (HELD_PACKETS at most)
//   AWAY      a straggler: it goes to the new owner over the state stream, once
//   FOREIGN   dropped and counted: nothing should have been steered here
//
// ARP replies go to every replica, whatever it owns. Fence frames end here and are reported.

import { decodeFence, type Fence } from '../lib/fence.ts'
import { HELD_PACKETS, STRAGGLER_PACKETS } from '../lib/limits.ts'
import { FORWARD, Gate, HOLD, OWNED, PROCESS } from '../lib/move/gate.ts'
import { STEER_ARP_REPLY, STEER_FENCE } from '../lib/steer.ts'
import type { Packet, Pool } from './packet.ts'

export interface GateCounters {
  held: number
  /** Arrived when HELD_PACKETS were held already: dropped. */
  holdOverflow: number
  stragglers: number
  /** Stragglers beyond STRAGGLER_PACKETS waiting to be sent on: dropped. */
  stragglerOverflow: number
  /** For buckets that this replica neither owns nor is getting, or sent on once already: dropped. */
  foreign: number
  fences: number
}

/** Packets that wait at most; others than the default for tests, which reach them sooner. */
export interface GateBounds {
  readonly held: number
  readonly stragglers: number
}

const BOUNDS: GateBounds = { held: HELD_PACKETS, stragglers: STRAGGLER_PACKETS }

export class PacketGate {
  /** Who owns what. The move's commands change it between two turns. */
  readonly buckets: Gate
  readonly counters: GateCounters = {
    held: 0,
    holdOverflow: 0,
    stragglers: 0,
    stragglerOverflow: 0,
    foreign: 0,
    fences: 0,
  }
  readonly #states: Uint8Array
  readonly #primary: number
  readonly #pool: Pool
  readonly #onFence: (fence: Fence) => void
  readonly bounds: GateBounds
  readonly #held: (Packet | null)[]
  #heldCount = 0
  #stragglers: Packet[] = []
  /** When the first packet of this hold came, in ms of `performance.now()`; -1: none is held. */
  #holdStartMs = -1

  constructor(
    bucketsLog2: number,
    owned: boolean,
    pool: Pool,
    onFence: (fence: Fence) => void,
    bounds: GateBounds = BOUNDS,
  ) {
    this.bounds = bounds
    this.#held = new Array(bounds.held).fill(null)
    this.#primary = 1 << bucketsLog2
    this.buckets = Gate.make(this.#primary)
    this.#states = this.buckets.states
    this.#pool = pool
    this.#onFence = onFence
    if (owned) this.buckets.own([[0, this.#primary]], true)
  }

  /** True: the packet is the graph's. False: the gate has taken it. */
  admit(p: Packet, _port: number): boolean {
    const bucket = p.bucket
    if (bucket >= 0) return this.#states[bucket] === OWNED || this.#take(p, bucket, false)
    if (bucket === STEER_ARP_REPLY) return true
    if (bucket === STEER_FENCE) return this.#fence(p)
    return this.#states[this.#primary] === OWNED || this.#take(p, -1, false)
  }

  /** The same for a straggler that the old owner sent on. */
  admitStraggler(p: Packet): boolean {
    return this.#take(p, p.bucket < 0 ? -1 : p.bucket, true)
  }

  #take(p: Packet, bucket: number, hopped: boolean): boolean {
    switch (this.buckets.admit(bucket, hopped)) {
      case PROCESS:
        return true
      case HOLD:
        this.#hold(p)
        return false
      case FORWARD:
        this.#straggle(p)
        return false
      default:
        this.counters.foreign++
        this.#pool.free(p)
        return false
    }
  }

  #fence(p: Packet): boolean {
    const fence = decodeFence(p.mem, p.off, p.end)
    this.#pool.free(p)
    if (fence === null) return false
    this.counters.fences++
    this.#onFence(fence)
    return false
  }

  #hold(p: Packet): void {
    if (this.#heldCount === this.bounds.held) {
      this.counters.holdOverflow++
      this.#pool.free(p)
      return
    }
    if (this.#heldCount === 0) this.#holdStartMs = performance.now()
    this.#held[this.#heldCount++] = p
    this.counters.held++
  }

  #straggle(p: Packet): void {
    if (this.#stragglers.length === this.bounds.stragglers) {
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
}
