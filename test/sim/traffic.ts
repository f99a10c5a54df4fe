// Numbered packets of many flows, and what became of each. Where a packet is, is written down at
// every hand-over: one that never came out is excused only by the death of who had it.

import { Random } from '../../lib/random.ts'
import { bucketOfFlow, encodeFrame } from './frames.ts'
import type { Scenario } from './scenario.ts'
import type { World } from './world.ts'

export interface SimPacket {
  readonly id: number
  readonly flow: number
  /** Number within the flow, from 0. */
  readonly n: number
  /** -1: not IP, for the primary. */
  readonly bucket: number
  readonly port: number
  readonly late: boolean
  readonly bornMs: number
  readonly frame: Uint8Array
}

export interface Fate {
  readonly packet: SimPacket
  /** Processes that hold it now, or held it last. */
  holders: readonly string[]
  /** Times that an element took it up, and that it came out. */
  processed: number
  out: number
  /** Why it was dropped; '': it was not. */
  dropped: string
  /** A source that ended its stream could not know whether it had arrived. */
  givenUp: boolean
  /** It was in an element's queue, and a copy went to another replica. */
  handed: boolean
}

/** Until then packets come as often as the scenario says; after that a trickle is enough. */
const BUSY_MS = 200
const TRICKLE = 40

export class Traffic {
  readonly fates: Fate[] = []
  /** Per flow: numbers in the order in which they came out (late packets left out). */
  readonly outputs: number[][]
  /** Per flow: when its last packet was processed. */
  readonly lastMs: number[]
  readonly buckets: readonly number[]
  stopped = false
  /** Packets of which a source has said that it gave them up. */
  told = 0
  steer: (p: SimPacket) => void = () => {}
  readonly #scenario: Scenario
  readonly #world: World
  /** A source of chance of its own: the same packets with and without a move. */
  readonly #random: Random
  readonly #counts: number[]

  constructor(world: World, scenario: Scenario) {
    this.#world = world
    this.#scenario = scenario
    this.#random = new Random(scenario.seed ^ 0x7aff1c)
    const { flows, bucketsLog2 } = scenario
    this.#counts = new Array(flows).fill(0)
    this.lastMs = new Array(flows).fill(-1)
    this.outputs = Array.from({ length: flows }, () => [])
    this.buckets = Array.from({ length: flows }, (_, f) =>
      Math.max(-1, bucketOfFlow(f, bucketsLog2)),
    )
  }

  start(): void {
    if (this.stopped) return
    const { flows, ports, late, intervalMs } = this.#scenario
    const r = this.#random
    const flow = r.below(flows)
    const n = this.#counts[flow]!
    this.#counts[flow] = n + 1
    const id = this.fates.length
    const detour = r.chance(late)
    const packet: SimPacket = {
      id,
      flow,
      n,
      bucket: this.buckets[flow]!,
      port: flow % ports,
      late: detour,
      bornMs: this.#world.now,
      frame: encodeFrame({ id, flow, n, late: detour }),
    }
    this.fates.push({
      packet,
      holders: [],
      processed: 0,
      out: 0,
      dropped: '',
      givenUp: false,
      handed: false,
    })
    const wait = r.next() * 2 * intervalMs
    const slower = this.#world.now > BUSY_MS ? TRICKLE : 1
    this.steer(packet)
    this.#world.after(wait * slower, null, () => this.start())
  }

  /** It is there, and nowhere else. */
  at(id: number, holder: string): void {
    this.fates[id]!.holders = [holder]
    this.#world.note(`packet ${id} is at ${holder}`)
  }

  /** A copy is on its way; the sender keeps one. */
  underWay(id: number, from: string, to: string, handed: boolean): void {
    const fate = this.fates[id]!
    if (handed) fate.handed = true
    this.#world.note(`packet ${id} goes from ${from} to ${to}${handed ? ', out of a queue' : ''}`)
    if (fate.holders.includes(from)) fate.holders = [...new Set([...fate.holders, from, to])]
  }

  /** A copy has come. */
  reached(id: number, holder: string): void {
    const fate = this.fates[id]!
    fate.holders = [...new Set([...fate.holders, holder])]
    this.#world.note(`packet ${id} has come to ${holder}`)
  }

  dropped(id: number, why: string, by: string): void {
    const fate = this.fates[id]!
    if (fate.dropped === '') fate.dropped = why
    this.#world.log(`packet ${id} dropped by ${by}: ${why}`)
  }

  givenUp(id: number): void {
    this.fates[id]!.givenUp = true
    this.#world.log(`packet ${id} given up`)
  }

  processed(id: number, by: string): void {
    const fate = this.fates[id]!
    fate.processed += 1
    fate.holders = [by]
    this.lastMs[fate.packet.flow] = this.#world.now
    this.#world.note(`packet ${id} processed by ${by}`)
  }

  out(id: number, by: string): void {
    const fate = this.fates[id]!
    fate.out += 1
    fate.holders = [by]
    const { late, flow, n } = fate.packet
    if (!late && fate.out === 1) this.outputs[flow]!.push(n)
    this.#world.log(`packet ${id} out by ${by}`)
  }
}
