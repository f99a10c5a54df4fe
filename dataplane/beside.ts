// Work beside a packet loop that takes long, in slices of BESIDE_SLICE_MS between turns; and the swap
// that it ends with, at once after the last slice.

import { BESIDE_SLICE_MS } from '../lib/limits.ts'
import type { Router } from './router.ts'

/** What the packets have felt of it. */
export interface BesideTiming {
  /** From the last turn of what was to the first turn of what is: the swap. */
  readonly pause_us: number
  /** The longest slice before. */
  readonly slice_us: number
  readonly slices: number
  /** Time that slices took together. */
  readonly beside_ms: number
}

export interface Swap<T> {
  /** Between two turns, at once. */
  swap(): void
  /** What can wait for a turn. */
  after(): T
}

export interface BesideResult<T> {
  readonly value: T
  readonly timing: BesideTiming
}

export class Beside<T> {
  readonly #router: Router
  readonly #steps: Generator<void, Swap<T>>
  #slices = 0
  #spentMs = 0
  #longestMs = 0
  #done = false
  #resolve!: (result: BesideResult<T>) => void
  #reject!: (error: unknown) => void
  readonly finished: Promise<BesideResult<T>>

  /** @param steps give the swap */
  constructor(router: Router, steps: Generator<void, Swap<T>>) {
    this.#router = router
    this.#steps = steps
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    router.beside = () => this.#slice()
    router.wake()
  }

  /** The rest at once: nothing turns any more. */
  finishNow(): void {
    while (!this.#done) this.#slice()
    this.#router.atTurn?.()
    this.#router.beside?.()
  }

  /** Leaves it: nothing has changed. */
  abandon(reason: Error): void {
    if (this.#done) return
    this.#end()
    this.#steps.return({ swap() {}, after: () => fail(reason) })
    this.#reject(reason)
  }

  #slice(): boolean {
    const from = performance.now()
    let swap: Swap<T> | null = null
    try {
      do {
        const step = this.#steps.next()
        if (step.done === true) swap = step.value
      } while (swap === null && performance.now() - from < BESIDE_SLICE_MS)
    } catch (error) {
      this.#end()
      this.#reject(error)
      return false
    }
    const spent = performance.now() - from
    this.#slices++
    this.#spentMs += spent
    this.#longestMs = Math.max(this.#longestMs, spent)
    if (swap !== null) this.#swap(swap)
    return true
  }

  #swap({ swap, after }: Swap<T>): void {
    this.#end()
    const from = performance.now()
    swap()
    this.#router.atTurn = () => {
      this.#router.atTurn = null
      const timing = this.#timing(performance.now() - from)
      this.#router.beside = () => {
        this.#router.beside = null
        this.#resolve({ value: after(), timing })
        return false
      }
    }
  }

  #timing(pauseMs: number): BesideTiming {
    const us = (ms: number) => Math.round(ms * 1000)
    return {
      pause_us: us(pauseMs),
      slice_us: us(this.#longestMs),
      slices: this.#slices,
      beside_ms: us(this.#spentMs) / 1000,
    }
  }

  #end(): void {
    this.#done = true
    this.#router.beside = null
  }
}

function fail(reason: Error): never {
  throw reason
}
