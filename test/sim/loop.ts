// A model of a replica's packet loop: rows by flow that packets change, a queue inside an element,
// the gate (the real one), and the commands of a move's source and target. It answers with events,
// as the worker thread of a dataplane does.

import { DROP_HOPS, FORWARD, Gate, HOLD, OWNED, PROCESS } from '../../lib/move/gate.ts'
import type { FrameKind, SourceCommand, TargetCommand } from '../../lib/move/types.ts'
import { Chunker } from './chunker.ts'
import type { Scenario } from './scenario.ts'
import type { SimPacket, Traffic } from './traffic.ts'
import type { Process, World } from './world.ts'

/** What a chunk carries: rows (null: deleted), or packets. */
export interface Payload {
  readonly rows: readonly (readonly [flow: number, count: number | null])[]
  readonly packets: readonly SimPacket[]
}

export type LoopEvent =
  | { readonly on: 'chunk'; readonly kind: Exclude<FrameKind, 'done'>; readonly payload: Payload }
  | { readonly on: 'round'; readonly pending: number }
  | { readonly on: 'drained' }
  | { readonly on: 'ready' }
  | { readonly on: 'not_ready' }
  | { readonly on: 'applied'; readonly seq: number }
  | { readonly on: 'apply_failed'; readonly seq: number }
  | { readonly on: 'released'; readonly held: number; readonly overflow: number }

export class Loop {
  readonly gate: Gate
  readonly rows = new Map<number, number>()
  /** Packets inside an element, of flows that go through its queue. */
  queue: SimPacket[] = []
  readonly #held: SimPacket[] = []
  /** Of this move a frame could not be applied. */
  #failedMove = -1
  #heldTotal = 0
  #overflow = 0
  readonly #world: World
  readonly #process: Process
  readonly #scenario: Scenario
  readonly #traffic: Traffic
  readonly #emit: (move: number, event: LoopEvent) => void
  readonly #chunker: Chunker
  #applies = 0

  constructor(
    world: World,
    process: Process,
    scenario: Scenario,
    traffic: Traffic,
    emit: (move: number, event: LoopEvent) => void,
  ) {
    this.#world = world
    this.#process = process
    this.#scenario = scenario
    this.#traffic = traffic
    this.#emit = emit
    this.gate = Gate.make(1 << scenario.bucketsLog2)
    this.#chunker = new Chunker(world, process, this, scenario, traffic, emit)
  }

  bucketOf(flow: number): number {
    return (flow * 7 + 3) % (1 << this.#scenario.bucketsLog2)
  }

  receive(p: SimPacket, hopped: boolean): void {
    this.#traffic.held(p, this.#process.name)
    const verdict = this.gate.admit(p.bucket, hopped)
    if (verdict === PROCESS) this.#accept(p)
    else if (verdict === HOLD) this.#hold(p)
    else if (verdict === FORWARD) this.#chunker.straggle(p)
    else this.#traffic.dropped(p, verdict === DROP_HOPS ? 'hops' : 'foreign')
  }

  #hold(p: SimPacket): void {
    if (this.#held.length >= this.#scenario.heldMax) {
      this.#overflow += 1
      this.#traffic.dropped(p, 'overflow')
      return
    }
    this.#heldTotal += 1
    if (this.#scenario.canary === 'lose_held' && this.#heldTotal === 3) return
    this.#held.push(p)
  }

  #accept(p: SimPacket): void {
    const count = this.rows.get(p.flow) ?? 0
    if (this.#scenario.deletes && p.flow % 2 === 0 && p.n % 40 === 39) this.rows.delete(p.flow)
    else this.rows.set(p.flow, count + 1)
    this.#chunker.changed(p.flow)
    if (p.flow % 3 !== 0) {
      this.#traffic.out(p, this.#process.name)
      return
    }
    this.queue.push(p)
    this.serveLater()
  }

  /** The queue's other side: one packet after a while, of a bucket that is owned here. */
  serveLater(): void {
    this.#world.after(this.#world.random.next() * 2, this.#process, () => {
      const i = this.queue.findIndex((p) => this.gate.states[p.bucket] === OWNED)
      if (i < 0) return
      const [p] = this.queue.splice(i, 1)
      this.#traffic.out(p!, this.#process.name)
    })
  }

  source(move: number, c: SourceCommand): void {
    const { gate } = this
    switch (c.type) {
      case 'own':
        gate.own(c.buckets, c.primary)
        this.#chunker.stop()
        return
      case 'drain':
        gate.away(c.buckets, c.primary)
        this.#chunker.drain(c.buckets)
        return
      case 'forget':
        this.#forget(c.buckets)
        return
      case 'close':
        gate.close(c.buckets, true)
        this.#chunker.close()
        return
      case 'subscribe':
        this.#chunker.subscribe(move, c.buckets)
        return
      case 'grant':
        this.#chunker.grant(c.chunks)
        return
      case 'round':
        this.#chunker.round()
    }
  }

  target(move: number, c: TargetCommand, payload: Payload | null): void {
    const { gate } = this
    switch (c.type) {
      case 'prepare':
        if (this.#scenario.notReady) this.#emit(move, { on: 'not_ready' })
        else {
          if (this.#scenario.canary === 'early_own') gate.own(c.buckets, c.primary)
          else gate.incoming(c.buckets, c.primary)
          this.#emit(move, { on: 'ready' })
        }
        return
      case 'apply':
        this.#apply(move, c.seq, payload)
        return
      case 'release':
        this.#release(move, c)
        return
      case 'discard': {
        gate.discard(c.buckets, true)
        this.#forget(c.buckets)
        const within = (p: SimPacket) => c.buckets.some(([a, b]) => p.bucket >= a && p.bucket < b)
        for (const p of [...this.#held.splice(0), ...this.queue.filter(within)])
          this.#traffic.dropped(p, 'discarded')
        this.queue = this.queue.filter((p) => !within(p))
      }
    }
  }

  #apply(move: number, seq: number, payload: Payload | null): void {
    this.#applies += 1
    if (this.#scenario.applyFails && this.#applies === 3) {
      this.#failedMove = move
      this.#emit(move, { on: 'apply_failed', seq })
      return
    }
    for (const [flow, count] of payload?.rows ?? [])
      if (count === null) this.rows.delete(flow)
      else this.rows.set(flow, count)
    for (const p of payload?.packets ?? []) this.receive(p, true)
    this.#emit(move, { on: 'applied', seq })
  }

  /** Packets from the source's element go into the same element here, behind the gate. */
  applyQueued(move: number, seq: number, packets: readonly SimPacket[]): void {
    for (const p of packets) {
      this.#traffic.held(p, this.#process.name)
      this.queue.push(p)
    }
    this.#emit(move, { on: 'applied', seq })
  }

  /** A few held packets a turn; those that arrive meanwhile queue behind them. */
  #release(move: number, c: Extract<TargetCommand, { type: 'release' }>): void {
    const { gate } = this
    if (this.#failedMove === move && !c.anyway) return
    for (const p of this.#held.splice(0, 8)) this.#accept(p)
    if (this.#held.length > 0) {
      this.#world.after(0.02, this.#process, () => this.#release(move, c))
      return
    }
    gate.own(c.buckets, c.primary)
    for (const _ of this.queue) this.serveLater()
    this.#emit(move, { on: 'released', held: this.#heldTotal, overflow: this.#overflow })
  }

  #forget(buckets: readonly (readonly [number, number])[]): void {
    for (const flow of [...this.rows.keys()]) {
      const bucket = this.bucketOf(flow)
      if (buckets.some(([a, b]) => bucket >= a && bucket < b)) this.rows.delete(flow)
    }
  }
}
