// Numbered packets of many flows, and what became of each. Where a packet is, is written down at
// every hand-over: one that never came out is excused only by the death of who had it.

import { Random } from '../../lib/random.ts'
import type { Scenario } from './scenario.ts'
import type { World } from './world.ts'

export interface SimPacket {
  readonly id: number
  readonly flow: number
  /** Number within the flow, from 0. */
  readonly n: number
  readonly bucket: number
  readonly port: number
  readonly late: boolean
  readonly bornMs: number
}

export interface Fate {
  readonly packet: SimPacket
  /** Processes that hold it now, or held it last. */
  holders: readonly string[]
  /** Times that it came out. */
  out: number
  /** Why it was dropped; '': it was not. */
  dropped: string
}

export class Traffic {
  readonly fates: Fate[] = []
  /** Per flow: numbers in the order in which they came out (late packets left out). */
  readonly outputs: number[][]
  stopped = false
  readonly #scenario: Scenario
  readonly #world: World
  /** A source of chance of its own: the same packets with and without a move. */
  readonly #random: Random
  readonly #counts: number[]
  readonly #steer: (p: SimPacket) => void

  constructor(world: World, scenario: Scenario, steer: (p: SimPacket) => void) {
    this.#world = world
    this.#scenario = scenario
    this.#steer = steer
    this.#random = new Random(scenario.seed ^ 0x7aff1c)
    this.#counts = new Array(scenario.flows).fill(0)
    this.outputs = Array.from({ length: scenario.flows }, () => [])
  }

  start(): void {
    if (this.stopped) return
    const { flows, bucketsLog2, ports, late, intervalMs } = this.#scenario
    const r = this.#random
    const flow = r.below(flows)
    const n = this.#counts[flow]!
    this.#counts[flow] = n + 1
    const packet: SimPacket = {
      id: this.fates.length,
      flow,
      n,
      bucket: (flow * 7 + 3) % (1 << bucketsLog2),
      port: flow % ports,
      late: r.chance(late),
      bornMs: this.#world.now,
    }
    this.fates.push({ packet, holders: [], out: 0, dropped: '' })
    const wait = r.next() * 2 * intervalMs
    // A world that takes long to settle needs no more than a trickle.
    const slower = this.#world.now > 300 ? 40 : 1
    this.#steer(packet)
    this.#world.after(wait * slower, null, () => this.start())
  }

  held(p: SimPacket, ...holders: string[]): void {
    this.fates[p.id]!.holders = holders
  }

  dropped(p: SimPacket, why: string): void {
    this.fates[p.id]!.dropped = why
    this.#world.log(`drop ${p.id} ${why}`)
  }

  out(p: SimPacket, by: string): void {
    const fate = this.fates[p.id]!
    fate.out += 1
    fate.holders = [by]
    if (!p.late) this.outputs[p.flow]!.push(p.n)
    this.#world.log(`out ${p.id} ${by}`)
  }
}
