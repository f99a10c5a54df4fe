// A rehearsal: before a replica is ready, its graph runs once with made-up packets, so that the code
// is compiled when real ones come. A new process is ten times slower for its first hundreds of
// packets, and those are the ones that wait for it during a move.
//
// It runs on a copy: the same graph and element functions (these are what gets warm), but a pool,
// state and ports of its own, which go afterwards. Behind each port is a mirror: an ARP request is
// answered, and an IP packet comes back with its ends exchanged, so that replies take their ways too.
// A graph with elements that touch the world outside (files, sockets) is not rehearsed.

import { REHEARSAL_FRAMES, REHEARSAL_MS, REHEARSAL_PACKETS } from '../lib/limits.ts'
import { buildRouter } from './build.ts'
import { machineClock } from './clock.ts'
import type { AnyElement } from './element.ts'
import type { Graph } from './graph.ts'
import type { Port, PortCounters } from './io/device.ts'
import { type Packet, Pool } from './packet.ts'
import { answerTo, madeUpFrame } from './rehearsal-frames.ts'
import { StateStore } from './state.ts'

/** True: running the graph once more than it should changes nothing outside of the router. */
export function canRehearse(graph: Graph): boolean {
  return graph.elements.every(({ spec }) => spec.effects !== true && !generates(spec))
}

/** A source of packets of its own, not of a port. */
function generates(spec: AnyElement): boolean {
  return spec.source === true && spec.receives === undefined
}

/**
 * Runs the graph with made-up packets, REHEARSAL_PACKETS or REHEARSAL_MS at most.
 * @param ports names, in the order of the service file
 * @returns packets that went in
 */
export function rehearse(graph: Graph, ports: readonly string[], bucketsLog2: number): number {
  const pool = new Pool(REHEARSAL_FRAMES)
  const mirrors = ports.map((name) => new MirrorPort(name, pool))
  const time = { nowMs: machineClock.nowMs() }
  const store = new StateStore({ bucketsLog2, clock: time, pool })
  const router = buildRouter(graph, {
    pool,
    ports: new Map(mirrors.map((port) => [port.name, port])),
    store,
    clock: machineClock,
    seed: 1,
    print: () => {},
    gate: { admit: () => true },
  })
  router.activate()
  const endMs = time.nowMs + REHEARSAL_MS
  let count = 0
  for (let n = 0; count < REHEARSAL_PACKETS && machineClock.nowMs() < endMs; n++) {
    for (const mirror of mirrors) mirror.arrive(madeUpFrame(n))
    router.turn()
    count = mirrors.reduce((sum, mirror) => sum + mirror.counters.rxPackets, 0)
  }
  router.close()
  return count
}

/** A port whose other end answers what it is sent. */
class MirrorPort implements Port {
  readonly name: string
  readonly where = 'rehearsal'
  readonly fault = null
  readonly counters: PortCounters = {
    rxPackets: 0,
    rxBytes: 0,
    txPackets: 0,
    txBytes: 0,
    rxDropped: 0,
    txDropped: 0,
  }
  readonly #pool: Pool
  #waiting: Packet[] = []

  constructor(name: string, pool: Pool) {
    this.name = name
    this.#pool = pool
  }

  arrive(frame: Uint8Array): void {
    const p = this.#pool.allocLength(frame.length)
    if (p === null) return
    p.mem.set(frame, p.off)
    this.#waiting.push(p)
  }

  receive(out: Packet[], max: number): number {
    const batch = this.#waiting.splice(0, max)
    batch.forEach((p, i) => {
      out[i] = p
    })
    this.counters.rxPackets += batch.length
    return batch.length
  }

  send(p: Packet): boolean {
    this.counters.txPackets++
    if (answerTo(p.mem, p.off, p.end)) {
      p.net = -1
      p.transport = -1
      this.#waiting.push(p)
    } else this.#pool.free(p)
    return true
  }

  flush(): void {}
}
