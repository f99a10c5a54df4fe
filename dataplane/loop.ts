// Runs a router's turns inside Node's event loop.
//
//   busy            turns in a row for LOOP_BURST_MS, then setImmediate: messages and handlers of
//                   other connections get in between
//   idle, blocking driver      the driver waits (poll) till the next timer, LOOP_WAIT_MS at most;
//                   what has come is taken at once, before the event loop gets its look
//   idle, watched descriptors  the same, with a poll of the loop's own
//   idle, event-loop driver    a timer till the router's next one; packets and wake-ups end it
//   idle, simulated time       the clock jumps to the next timer
//
// The router can be replaced while the loop runs: between two turns, so that no packet is in it.

import { LOOP_BURST_MS, LOOP_WAIT_MS, WATCH_WAIT_MS } from '../lib/limits.ts'
import { type RouterClock, SimulatedClock } from './clock.ts'
import type { Driver } from './io/device.ts'
import type { Router } from './router.ts'

/** setTimeout's longest delay; the loop then just looks again. */
const LONGEST_SLEEP_MS = 0x7fffffff

export class Loop {
  #router: Router
  readonly #driver: Driver | null
  readonly #clock: RouterClock
  readonly #simulated: SimulatedClock | null
  #sleep: NodeJS.Timeout | null = null
  #next: NodeJS.Immediate | null = null
  #done: (() => void) | null = null
  /** A turn, where the router's own will not do (chaos.ts). */
  readonly #turn: (() => boolean) | null

  constructor(
    router: Router,
    driver: Driver | null,
    clock: RouterClock,
    turn: (() => boolean) | null = null,
  ) {
    this.#turn = turn
    this.#router = router
    this.#driver = driver
    this.#clock = clock
    this.#simulated = clock instanceof SimulatedClock ? clock : null
  }

  get router(): Router {
    return this.#router
  }

  /** Resolves when the router has stopped, or `stop` was called. */
  run(): Promise<void> {
    const finished = new Promise<void>((resolve) => {
      this.#done = resolve
    })
    this.#attach(this.#router)
    if (this.#driver !== null) this.#driver.onReadable = () => this.wake()
    this.#soon()
    return finished
  }

  /** Another router from the next turn on; the old one is the caller's. */
  replace(router: Router): void {
    this.#router.onWake = null
    this.#router = router
    if (this.#done !== null) this.#attach(router)
    this.wake()
  }

  stop(): void {
    if (this.#sleep !== null) clearTimeout(this.#sleep)
    if (this.#next !== null) clearImmediate(this.#next)
    this.#sleep = null
    this.#next = null
    this.#router.onWake = null
    const done = this.#done
    this.#done = null
    done?.()
  }

  /** Ends a sleep. */
  wake(): void {
    if (this.#sleep === null) return
    clearTimeout(this.#sleep)
    this.#sleep = null
    this.#soon()
  }

  #attach(router: Router): void {
    router.onWake = () => this.wake()
  }

  #soon(): void {
    this.#next = setImmediate(() => this.#tick())
  }

  #tick(): void {
    this.#next = null
    const start = performance.now()
    let busy = false
    do {
      busy = this.#run()
      // A sleep ends for packets, mostly: the event loop's round would only delay them.
      if (!busy && !this.#router.stopped && this.#driver?.blocking === true) {
        this.#rest(this.#driver)
        busy = this.#run()
      }
      if (this.#router.stopped) {
        // What is pending already, a signal's script say, still comes first.
        setImmediate(() => this.stop())
        return
      }
    } while (busy && performance.now() - start < LOOP_BURST_MS)
    if (busy && this.#watching) this.#router.watches.poll(0)
    if (busy || this.#driver?.blocking === true) this.#soon()
    else this.#idle()
  }

  /** One turn; true: another may find more. */
  #run(): boolean {
    const busy = this.#turn === null ? this.#router.turn() : this.#turn()
    return busy || (!this.#router.stopped && this.#jump())
  }

  /** Sleeps in the driver till something comes or is due. */
  #rest(driver: Driver): void {
    const { watches } = this.#router
    if (this.#watching && watches.poll(0)) return
    const delay = this.#router.nextTimerMs - this.#clock.nowMs()
    const longest = this.#watching ? WATCH_WAIT_MS : LOOP_WAIT_MS
    driver.wait(Math.max(0, Math.min(longest, delay)))
  }

  /** A standby router's elements take nothing from their descriptors yet. */
  get #watching(): boolean {
    return this.#router.watches.count > 0 && this.#router.active
  }

  /** Simulated time passes at once; true: there is a timer due now. */
  #jump(): boolean {
    const next = this.#router.nextTimerMs
    if (this.#simulated === null || next === Infinity) return false
    this.#simulated.advanceTo(next)
    return true
  }

  #idle(): void {
    const delay = this.#router.nextTimerMs - this.#clock.nowMs()
    const { watches } = this.#router
    if (this.#watching) {
      watches.poll(Math.max(0, Math.min(LOOP_WAIT_MS, delay)))
      this.#soon()
    } else if (delay < 1) {
      this.#soon() // setTimeout cannot wait for less
    } else {
      const ms = Math.min(Math.floor(delay), LONGEST_SLEEP_MS)
      this.#sleep = setTimeout(() => {
        this.#sleep = null
        this.#tick()
      }, ms)
    }
  }
}
