// Sleeping until a packet comes: poll(2) over the ports' sockets and one eventfd that other threads
// write to. The drivers that block the thread (xdp, packet) share it.

import { WAIT_MS_MAX } from '../../lib/limits.ts'
import { type Native, POLLIN } from '../native/native.ts'

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
  forget(index: number): void {
    this.#pollfds[2 * index] = -1
  }

  /** Sleeps until something is there; false: nothing came in that time. */
  wait(timeoutMs: number): boolean {
    const limit = timeoutMs < 0 || timeoutMs > WAIT_MS_MAX ? WAIT_MS_MAX : timeoutMs
    if (this.#native.poll(this.#pollfds, this.#count, limit) === 0) return false
    const woken = this.#pollfds[2 * this.#count - 1]! >>> 16 !== 0
    if (woken) this.#native.eventfdDrain(this.wakeFd)
    return true
  }

  /** True: the last `wait` saw an error on that port's socket. */
  failed(index: number): boolean {
    return ((this.#pollfds[2 * index + 1]! >>> 16) & ~POLLIN) !== 0
  }

  close(): void {
    this.#native.closeFd(this.wakeFd)
  }
}
