// What lies between the processes. Control messages may be lost, repeated, delayed and overtaken;
// the state stream keeps its order, but frames and credits may get lost. A dead process's frames
// still arrive, and then the end of its stream.

import type { Credit, FrameHead } from '../../lib/move/types.ts'
import type { Payload } from './loop.ts'
import type { Scenario } from './scenario.ts'
import { Fifo, type Process, type World } from './world.ts'

export class Net {
  readonly #world: World
  readonly #scenario: Scenario
  /** Control messages so far. */
  messages = 0

  constructor(world: World, scenario: Scenario) {
    this.#world = world
    this.#scenario = scenario
  }

  get calm(): boolean {
    return this.#world.now >= this.#scenario.calmMs
  }

  control(to: Process, what: string, deliver: () => void): void {
    const { random } = this.#world
    const { loss, duplicates, delayMs, loseMessage } = this.#scenario
    this.messages += 1
    const lost = this.messages === loseMessage || (!this.calm && random.chance(loss))
    this.#world.log(`${lost ? 'lost' : 'send'} ${to.name} ${what}`)
    if (lost) return
    const copies = !this.calm && random.chance(duplicates) ? 2 : 1
    for (let i = 0; i < copies; i++)
      // Not bound to a life: a message may reach the process that was started again.
      this.#world.after(0.05 + random.next() * delayMs, null, () => {
        if (to.alive) deliver()
      })
  }

  stream(source: Process, target: Process, ends: StreamEnds): Stream {
    const lost = () => !this.calm && this.#world.random.chance(this.#scenario.frameLoss)
    return new Stream(this.#world, source, target, ends, lost)
  }
}

export interface StreamEnds {
  frame(head: FrameHead, payload: Payload | null): void
  credit(credit: Credit): void
  ended(move: number): void
}

export class Stream {
  readonly #world: World
  readonly #source: Process
  readonly #target: Process
  readonly #ends: StreamEnds
  readonly #lost: () => boolean
  readonly #there: Fifo
  readonly #back: Fifo

  constructor(
    world: World,
    source: Process,
    target: Process,
    ends: StreamEnds,
    lost: () => boolean,
  ) {
    this.#world = world
    this.#source = source
    this.#target = target
    this.#ends = ends
    this.#lost = lost
    this.#there = new Fifo(world)
    this.#back = new Fifo(world)
  }

  frame(head: FrameHead, payload: Payload | null): void {
    if (this.#lost()) return
    this.#there.send(this.#delay(), this.#target, () => this.#ends.frame(head, payload))
  }

  credit(credit: Credit): void {
    if (this.#lost()) return
    this.#back.send(this.#delay(), this.#source, () => this.#ends.credit(credit))
  }

  /** The source is gone, in this move. */
  end(move: number): void {
    this.#there.send(this.#delay(), this.#target, () => this.#ends.ended(move))
  }

  #delay(): number {
    return 0.05 + this.#world.random.next() * 0.3
  }
}
