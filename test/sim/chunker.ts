// The state side of the modelled packet loop: marks rows as they change, and makes chunks of them
// against grants: snapshot, rounds of deltas, at the end packets and stragglers.

import type { Buckets, FrameKind } from '../../lib/move/types.ts'
import type { Loop, LoopEvent, Payload } from './loop.ts'
import type { Scenario } from './scenario.ts'
import type { SimPacket, Traffic } from './traffic.ts'
import type { Process, World } from './world.ts'

type Mode = 'off' | 'pass' | 'rest' | 'drain' | 'drained'

export class Chunker {
  #mode: Mode = 'off'
  #move = -1
  #buckets: Buckets = []
  #grants = 0
  /** Rows of this pass, in order; and whether it is the snapshot. */
  #pass: number[] = []
  #snapshot = false
  readonly #dirty = new Set<number>()
  /** Packets on their way out of this replica. */
  #queued: SimPacket[] = []
  #stragglers: SimPacket[] = []
  #turnDue = false
  #deltas = 0
  readonly #world: World
  readonly #process: Process
  readonly #loop: Loop
  readonly #scenario: Scenario
  readonly #traffic: Traffic
  readonly #emit: (move: number, event: LoopEvent) => void

  constructor(
    world: World,
    process: Process,
    loop: Loop,
    scenario: Scenario,
    traffic: Traffic,
    emit: (move: number, event: LoopEvent) => void,
  ) {
    this.#world = world
    this.#process = process
    this.#loop = loop
    this.#scenario = scenario
    this.#traffic = traffic
    this.#emit = emit
  }

  subscribe(move: number, buckets: Buckets): void {
    this.#move = move
    this.#buckets = buckets
    this.#grants = 0
    this.#dirty.clear()
    this.#pass = [...this.#loop.rows.keys()].filter((flow) => this.#mine(flow))
    this.#snapshot = true
    this.#mode = 'pass'
    this.#soon()
  }

  grant(chunks: number): void {
    this.#grants += chunks
    this.#soon()
  }

  round(): void {
    if (this.#mode !== 'rest') return
    this.#pass = [...this.#dirty]
    this.#dirty.clear()
    this.#snapshot = false
    this.#mode = 'pass'
    this.#soon()
  }

  changed(flow: number): void {
    if (this.#mode !== 'off' && this.#mine(flow)) this.#dirty.add(flow)
  }

  straggle(p: SimPacket): void {
    this.#stragglers.push(p)
    this.#soon()
  }

  /** What a pass has left is dirty too. */
  drain(buckets: Buckets): void {
    this.#pass = [...new Set([...this.#pass, ...this.#dirty])]
    this.#dirty.clear()
    this.#snapshot = false
    const within = (p: SimPacket) => buckets.some(([a, b]) => p.bucket >= a && p.bucket < b)
    this.#queued = this.#loop.queue.filter(within)
    this.#loop.queue = this.#loop.queue.filter((p) => !within(p))
    this.#mode = 'drain'
    this.#soon()
  }

  /** The buckets stay: what has not gone yet is taken back, in order. */
  stop(): void {
    this.#mode = 'off'
    this.#grants = 0
    this.#loop.queue.unshift(...this.#queued.splice(0))
    for (const _ of this.#loop.queue) this.#loop.serveLater()
    for (const p of this.#stragglers.splice(0)) this.#loop.receive(p, false)
  }

  close(): void {
    this.#mode = 'off'
    for (const p of this.#stragglers.splice(0)) this.#traffic.dropped(p, 'closed')
  }

  #mine(flow: number): boolean {
    const bucket = this.#loop.bucketOf(flow)
    return this.#buckets.some(([a, b]) => bucket >= a && bucket < b)
  }

  #soon(): void {
    if (this.#turnDue) return
    this.#turnDue = true
    this.#world.after(0.01 + this.#world.random.next() * 0.05, this.#process, () => {
      this.#turnDue = false
      if (this.#turn()) this.#soon()
    })
  }

  /** One chunk, or the end of a pass; true: there may be more to do. */
  #turn(): boolean {
    if (this.#mode === 'off' || this.#mode === 'rest') return false
    const drains = this.#mode === 'drain' || this.#mode === 'drained'
    if (this.#mode === 'drain' && this.#queued.length === 0 && this.#pass.length === 0) {
      this.#mode = 'drained'
      this.#emit(this.#move, { on: 'drained' })
      return true
    }
    if (this.#mode === 'pass' && this.#pass.length === 0) {
      this.#mode = 'rest'
      this.#emit(this.#move, { on: 'round', pending: this.#dirty.size })
      return false
    }
    if (this.#grants === 0) return false
    if (drains && this.#queued.length > 0)
      return this.#chunk('packets', { rows: [], packets: this.#queued.splice(0, 16) })
    if (this.#pass.length > 0) return this.#rows()
    if (this.#mode === 'drained' && this.#stragglers.length > 0)
      return this.#chunk('stragglers', { rows: [], packets: this.#stragglers.splice(0, 16) })
    return false
  }

  #rows(): boolean {
    const flows = this.#pass.splice(0, this.#scenario.rowsPerChunk)
    const rows = flows.map((flow) => {
      this.#dirty.delete(flow)
      return [flow, this.#loop.rows.get(flow) ?? null] as const
    })
    if (!this.#snapshot) this.#deltas += 1
    if (this.#scenario.canary === 'drop_delta' && this.#mode === 'drain') rows.pop()
    return this.#chunk(this.#snapshot ? 'rows' : 'deltas', { rows, packets: [] })
  }

  #chunk(kind: Exclude<FrameKind, 'done'>, payload: Payload): boolean {
    this.#grants -= 1
    this.#emit(this.#move, { on: 'chunk', kind, payload })
    return true
  }
}
