// What lies below a simulated packet loop: ports whose rings the network fills, and a pool that
// tells the checkers what becomes of each packet's frame.

import type { GateCounters } from '../../dataplane/gate.ts'
import type { Port, PortCounters } from '../../dataplane/io/device.ts'
import { type Packet, Pool } from '../../dataplane/packet.ts'
import { decodeFrame, idsIn } from './frames.ts'

/** What the checkers want to hear of. */
export interface Watcher {
  /** An element has taken the packet up: state changes by it. */
  processed(id: number): void
  sent(id: number): void
  dropped(id: number, why: string): void
}

const FRAME_BYTES = 512
const SPARE_MAX = 8
const spare: SimPool[] = []

/** Tells, at each frame that is given back, whether the gate has just counted it as dropped. */
export class SimPool extends Pool {
  #gate: GateCounters | null = null
  #last = { foreign: 0, holdOverflow: 0, stragglerOverflow: 0 }
  #watcher: Watcher | null = null

  private constructor(frames: number) {
    super(frames, undefined, FRAME_BYTES)
  }

  /**
   * Pools are what a run spends most time on making: one whose frames are all back is used again.
   */
  static make(frames: number, watcher: Watcher): SimPool {
    const k = spare.findIndex((pool) => pool.frames === frames)
    const pool = k < 0 ? new SimPool(frames) : spare.splice(k, 1)[0]!
    pool.#watcher = watcher
    return pool
  }

  /** The run is over. */
  done(): void {
    this.#watcher = null
    this.#gate = null
    this.exhausted = 0
    if (this.available === this.frames && spare.length < SPARE_MAX) spare.push(this)
  }

  watch(counters: GateCounters): void {
    this.#gate = counters
    this.#last = { ...counters }
  }

  override free(p: Packet): void {
    const now = this.#gate
    if (now !== null) {
      const { foreign, holdOverflow, stragglerOverflow } = this.#last
      let why = ''
      if (now.foreign > foreign) why = 'foreign'
      else if (now.holdOverflow > holdOverflow) why = 'overflow'
      else if (now.stragglerOverflow > stragglerOverflow) why = 'straggler overflow'
      if (why !== '') {
        this.#last = { ...now }
        const numbers = decodeFrame(p.mem, p.off, p.end)
        if (numbers !== null) this.#watcher?.dropped(numbers.id, why)
      }
    }
    super.free(p)
  }
}

export class SimPort implements Port {
  readonly name: string
  readonly where = 'simulated'
  readonly fault = null
  readonly counters: PortCounters = {
    rxPackets: 0,
    rxBytes: 0,
    txPackets: 0,
    txBytes: 0,
    rxDropped: 0,
    txDropped: 0,
  }
  readonly #ring: Uint8Array[] = []
  readonly #pool: SimPool
  readonly #watcher: Watcher

  constructor(name: string, pool: SimPool, watcher: Watcher) {
    this.name = name
    this.#pool = pool
    this.#watcher = watcher
  }

  arrive(frame: Uint8Array): void {
    this.#ring.push(frame)
  }

  processed(id: number): void {
    this.#watcher.processed(id)
  }

  receive(out: Packet[], max: number): number {
    let n = 0
    while (n < max && this.#ring.length > 0) {
      const frame = this.#ring.shift()!
      const p = this.#pool.allocLength(frame.length)
      if (p === null) {
        this.counters.rxDropped++
        for (const id of idsIn(frame)) this.#watcher.dropped(id, 'no frame')
        continue
      }
      p.mem.set(frame, p.off)
      this.counters.rxPackets++
      out[n++] = p
    }
    return n
  }

  send(p: Packet): boolean {
    const numbers = decodeFrame(p.mem, p.off, p.end)
    if (numbers !== null) this.#watcher.sent(numbers.id)
    this.counters.txPackets++
    this.#pool.free(p)
    return true
  }

  flush(): void {}
}
