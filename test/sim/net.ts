// What lies between the processes. Control messages go by way of the agent; on each leg they may be
// lost, repeated, delayed and overtaken. The state stream between two replicas keeps its order, but
// its frames may be lost, come twice, or come late. A partition lets nothing through, one way or
// both.

import { FRAME_FRONT } from '../../dataplane/stream-frame.ts'
import type { StreamClient } from '../../lib/wire/transport.ts'
import { idsIn } from './frames.ts'
import type { Scenario } from './scenario.ts'
import { Fifo, LATE_MS, type Process, type World } from './world.ts'

/** Nothing goes from one of `from` to one of `to` meanwhile. */
export interface Partition {
  readonly from: readonly string[]
  readonly to: readonly string[]
  readonly startMs: number
  readonly endMs: number
}

/** The end of a stream that takes what comes back, and its other end. */
interface Connection {
  readonly from: Process
  readonly to: Process
  readonly onFrame: (frame: Uint8Array) => void
  readonly there: Fifo
  readonly back: Fifo
}

/** Stands for a promise that is kept at once: what waits for it runs in no order of its own. */
const DONE = { catch: () => DONE } as unknown as Promise<void>

/** Of a frame of the state stream (dataplane/stream-frame.ts). */
const HEAD_BYTES = FRAME_FRONT
const VERSION_AT = 18

export class Net {
  /** Where streams end: by endpoint. */
  readonly servers = new Map<
    string,
    { readonly process: Process; readonly onFrame: (peer: string, frame: Uint8Array) => void }
  >()
  readonly #connections = new Map<string, Connection>()
  readonly #world: World
  readonly #scenario: Scenario

  constructor(world: World, scenario: Scenario) {
    this.#world = world
    this.#scenario = scenario
  }

  get calm(): boolean {
    return this.#world.now >= this.#scenario.calmMs
  }

  cut(from: Process, to: Process): boolean {
    const { now } = this.#world
    return this.#scenario.partitions.some(
      (p) =>
        now >= p.startMs && now < p.endMs && p.from.includes(from.name) && p.to.includes(to.name),
    )
  }

  /** @param path the sender, who relays, and the receiver */
  control(path: readonly Process[], what: string, deliver: () => void): void {
    const [from, to, ...rest] = path as [Process, Process, ...Process[]]
    const { random } = this.#world
    const { loss, duplicates, delayMs } = this.#scenario
    const effect = this.#world.step(from, `sends ${what}`)
    const lost = effect === 'lose' || this.cut(from, to) || (!this.calm && random.chance(loss))
    this.#world.log(`${lost ? 'lost' : 'send'} ${from.name} to ${to.name}: ${what}`)
    if (lost) return
    const copies = effect === 'twice' || (!this.calm && random.chance(duplicates)) ? 2 : 1
    for (let i = 0; i < copies; i++) {
      // A second copy may come when the first one is long forgotten.
      const late = (effect === 'late' ? LATE_MS : 0) + (i > 0 ? random.next() * 4 * delayMs : 0)
      const arrive = () => {
        if (!to.alive) return
        if (rest.length > 0) this.control([to, ...rest], what, deliver)
        else deliver()
      }
      // Not bound to a life: a message may reach the process that was started again.
      this.#world.after(0.05 + late + random.next() * delayMs, null, () =>
        // But it waits for a thread that is stalled.
        this.#world.after(0, to, arrive, to.main),
      )
    }
  }

  // ---- The state stream --------------------------------------------------------------------

  connect(
    from: Process,
    endpoint: string,
    name: string,
    onFrame: (frame: Uint8Array) => void,
  ): StreamClient {
    const server = this.servers.get(endpoint)
    if (server === undefined) throw new Error(`nobody listens at ${endpoint}`)
    const peer = `${from.name}/${name}`
    const there = new Fifo(this.#world)
    const back = new Fifo(this.#world)
    const connection: Connection = { from, to: server.process, onFrame, there, back }
    this.#connections.set(peer, connection)
    return {
      send: (bytes) => {
        const sent = this.#inTransit(bytes)
        this.#frame(connection, true, 'frame', () => server.onFrame(peer, sent()))
        return DONE
      },
      close: () => DONE,
    }
  }

  /** The bytes as they arrive: a copy, at times damaged, or of another release. */
  #inTransit(bytes: Uint8Array): () => Uint8Array {
    const { garble, streamSkew } = this.#scenario
    const { random } = this.#world
    const damaged = !this.calm && random.chance(garble)
    const at = HEAD_BYTES + random.below(Math.max(1, bytes.length - HEAD_BYTES))
    return () => {
      const copy = bytes.slice()
      if (streamSkew) copy[VERSION_AT] = 99
      // Stragglers have no checksum of their own: their elements check what they look at.
      if (damaged && at < copy.length && idsIn(copy).length === 0) copy[at] = copy[at]! ^ 0x55
      return copy
    }
  }

  sendBack(peer: string, frame: Uint8Array): Promise<void> {
    const connection = this.#connections.get(peer)
    if (connection !== undefined)
      this.#frame(connection, false, 'answer', () => connection.onFrame(frame.slice()))
    return DONE
  }

  #frame(c: Connection, forth: boolean, what: string, deliver: () => void): void {
    const { random } = this.#world
    const [from, to, fifo] = forth ? [c.from, c.to, c.there] : [c.to, c.from, c.back]
    const effect = this.#world.step(from, `stream ${what}`)
    const lost = !this.calm && random.chance(this.#scenario.frameLoss)
    if (effect === 'lose' || lost || this.cut(from, to)) return
    const twice = effect === 'twice' || (!this.calm && random.chance(this.#scenario.frameTwice))
    for (let i = 0; i < (twice ? 2 : 1); i++) {
      const ms = 0.05 + random.next() * 0.3
      // Late: out of order too.
      if (effect === 'late') this.#world.after(ms + LATE_MS, to, deliver, to.main)
      else fifo.send(ms, to, deliver, to.main)
    }
  }
}
