// Spares: processes that are started before they are needed, so that a replica is there sooner. They
// have loaded their code and know nothing of any service. A spare is no replica: nobody counts it,
// its end is harmless, and it goes with the agent. After one was taken another is started when the
// machine has had time for what it was taken for.

import type { Clock, Timer } from '../lib/clock.ts'
import { RESTART_PAUSE_MS_MAX, SPARE_PAUSE_MS } from '../lib/limits.ts'
import type { Log } from '../lib/log.ts'
import type { BlankProcess } from './processes.ts'

export interface SpareParts {
  /** How many are kept. */
  readonly count: number
  /** Starts a process; `number` is its own. Throws SYSCALL. */
  readonly start: (number: number) => BlankProcess
  readonly clock: Clock
  readonly log: Log
}

export class Spares {
  readonly #parts: SpareParts
  readonly #all: BlankProcess[] = []
  #started = 0
  #timer: Timer | null = null
  #pauseMs = SPARE_PAUSE_MS
  #closed = false

  constructor(parts: SpareParts) {
    this.#parts = parts
    this.refillLater()
  }

  /** Whether `take` has one. */
  get ready(): boolean {
    return this.#all.some((spare) => spare.alive())
  }

  /** The one that was started first, or null. It is the caller's from now on. */
  take(): BlankProcess | null {
    for (;;) {
      const spare = this.#all.shift()
      if (spare === undefined) return null
      if (spare.alive()) return spare
    }
  }

  /** Starts what is missing, after a pause that begins now. */
  refillLater(): void {
    this.#timer?.cancel()
    if (this.#closed || this.#parts.count === 0) return
    this.#timer = this.#parts.clock.after(this.#pauseMs, () => this.#refill())
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    const spares = this.#all.splice(0)
    for (const spare of spares) spare.kill()
    await Promise.all(spares.map((spare) => spare.exited))
  }

  #refill(): void {
    while (!this.#closed && this.#all.length < this.#parts.count) {
      const spare = this.#startOne()
      if (spare === null) return
      this.#all.push(spare)
    }
  }

  #startOne(): BlankProcess | null {
    const { start, log } = this.#parts
    try {
      const spare = start(++this.#started)
      void spare.warm.then(() => {
        this.#pauseMs = SPARE_PAUSE_MS
        log.info('spare_ready', {})
      })
      void spare.exited.then((exit) => this.#onExit(spare, exit))
      return spare
    } catch (error) {
      log.warn('spare_failed', { error })
      this.#slowDown()
      return null
    }
  }

  /** Of one that nobody has taken: it was killed, or cannot load its code. */
  #onExit(spare: BlankProcess, exit: object): void {
    const at = this.#all.indexOf(spare)
    if (at < 0) return
    this.#all.splice(at, 1)
    this.#parts.log.warn('spare_exit', { ...exit })
    this.#slowDown()
  }

  /** What fails at once is not to be tried all the time. */
  #slowDown(): void {
    this.refillLater()
    this.#pauseMs = Math.min(2 * this.#pauseMs, RESTART_PAUSE_MS_MAX)
  }
}
