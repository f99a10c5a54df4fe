// Sleeping until a packet comes: poll(2) over the ports' sockets and one eventfd that other threads
// write to. The drivers that block the thread (xdp, packet) share it.

import { SEND_RETRY_MS, WAIT_MS_MAX } from '../../lib/limits.ts'
import { type Native, POLLIN } from '../native/native.ts'

/** What a sleep needs of a port. */
export interface SleepingPort {
  /** Frames wait to be sent. */
  readonly pending: boolean
  readonly fault: Error | null
  flush(): void
  /** Looks whether the interface is still there. */
  check(): void
}

export class Waiter {
  readonly wakeFd: number
  readonly #native: Native
  /** struct pollfd: descriptor, events | revents << 16. The last one is the eventfd. */
  readonly #pollfds: Int32Array
  readonly #count: number

  constructor(native: Native, fds: readonly number[]) {
    this.#native = native
    this.wakeFd = native.eventfdOpen()
    this.#count = fds.length + 1
    this.#pollfds = new Int32Array(this.#count * 2)
    for (const [i, fd] of [...fds, this.wakeFd].entries()) {
      this.#pollfds[2 * i] = fd
      this.#pollfds[2 * i + 1] = POLLIN
    }
  }

  /** Leaves a port out from now on: its socket would end every sleep. */
  #forget(index: number): void {
    this.#pollfds[2 * index] = -1
  }

  /**
   * The wait of a driver. While frames are unsent it is short: the kernel does not say when there is
   * room again. A port whose interface is gone is left out from then on.
   */
  waitFor(ports: readonly SleepingPort[], timeoutMs: number): void {
    let limit = timeoutMs
    for (const port of ports) {
      if (!port.pending) continue
      port.flush()
      if (port.pending) limit = limit < 0 ? SEND_RETRY_MS : Math.min(limit, SEND_RETRY_MS)
    }
    const something = this.#wait(limit)
    for (let i = 0; i < ports.length; i++) {
      const port = ports[i]!
      if (!something || this.#failed(i)) port.check()
      if (port.fault !== null) this.#forget(i)
    }
  }

  /** Sleeps until something is there; false: nothing came in that time. */
  #wait(timeoutMs: number): boolean {
    const limit = timeoutMs < 0 || timeoutMs > WAIT_MS_MAX ? WAIT_MS_MAX : timeoutMs
    if (this.#native.poll(this.#pollfds, this.#count, limit) === 0) return false
    const woken = this.#pollfds[2 * this.#count - 1]! >>> 16 !== 0
    if (woken) this.#native.eventfdDrain(this.wakeFd)
    return true
  }

  /** True: the last `wait` saw an error on that port's socket. */
  #failed(index: number): boolean {
    return ((this.#pollfds[2 * index + 1]! >>> 16) & ~POLLIN) !== 0
  }

  close(): void {
    this.#native.closeFd(this.wakeFd)
  }
}
