// `--chaos-upgrade N`: a router that hands over to a fresh copy of itself after every N packets or
// handler calls, at the first moment since then at which no element is at work. What comes out must
// be what comes out without: so every configuration is a test of the hand-over, and of each
// element's declarations. State goes by reference and through a snapshot in turns.
//
// Counting is put around the pool and is in the handlers; the packet path itself knows nothing of it.

import { BATCH, TASKS_PER_TURN } from '../lib/limits.ts'
import type { Packet, Pool } from './packet.ts'
import type { Router } from './router.ts'
import type { Running } from './running.ts'
import { copyOf, type Standalone } from './standalone.ts'

export class Chaos {
  handOvers = 0
  readonly #every: number
  readonly #current: () => Standalone
  #packets = 0
  /** Handler calls of `#running` that are dealt with. */
  #callsBefore = 0
  #running: Running

  constructor(every: number, current: () => Standalone) {
    this.#every = every
    this.#current = current
    const { router } = current()
    this.#running = router.running
    countPackets(router.pool, () => this.#packets++)
  }

  /** No element is at work now: hands over if it is time; the router to go on with. */
  rest(): Router {
    const { router } = this.#current()
    // A configuration that is made ready looks at what runs.
    if (router.beside !== null) return router
    if (router.running !== this.#running) {
      this.#running = router.running // a new configuration
      this.#callsBefore = 0
    }
    if (this.#packets + router.handlers.calls - this.#callsBefore < this.#every) return router
    copyOf(this.#current(), this.handOvers % 2 === 1)
    this.#running = router.running
    this.#callsBefore = 0
    this.#packets = 0
    this.handOvers++
    return router
  }

  /** Router.turn, with a rest between any two steps of it. */
  turn(): boolean {
    const router = this.rest()
    router.beginTurn()
    let worked = false
    for (let i = 0; i < router.receivers.length; i++)
      for (let left = BATCH; left > 0; ) {
        const max = Math.min(left, this.#every)
        if (!router.receive(i, max)) break
        worked = true
        left -= max
        this.rest()
      }
    for (let n = 0; n < TASKS_PER_TURN && router.active && router.tasks.pending > 0; n++) {
      if (router.tasks.interrupted) break
      if (router.tasks.runNext()) worked = true
      this.rest()
    }
    if (router.active && router.timers.next <= router.nowMs) {
      worked = true
      const last = router.timers.sequence
      while (!router.stopAsked && router.timers.runNext(router.nowMs, last)) this.rest()
    }
    return router.endTurn(worked)
  }
}

function countPackets(pool: Pool, count: () => void): void {
  const alloc = pool.alloc.bind(pool)
  const allocLength = pool.allocLength.bind(pool)
  pool.alloc = (headroom?: number): Packet | null => {
    count()
    return alloc(headroom)
  }
  pool.allocLength = (length: number, headroom?: number): Packet | null => {
    const p = allocLength(length, headroom)
    if (p !== null && p.frame < 0) count()
    return p
  }
}
