// File descriptors that elements wait for: sockets, tun devices. The loop looks at all of them with
// one poll(2): between bursts of turns when there is work, and as its sleep when there is none.
//
// An element that is told that its descriptor is ready schedules its task, which reads or writes
// until the kernel has no more; as long as it does, the loop is busy and asks nobody to wait.

import { native } from './native/native.ts'

export { POLLIN, POLLOUT } from './native/native.ts'

/** One descriptor that is waited for. */
export interface FdWatch {
  /** What to wait for: POLLIN, POLLOUT, both, or 0 for nothing. */
  events: number
  close(): void
}

interface Entry extends FdWatch {
  readonly fd: number
  readonly ready: () => void
}

export class FdWatches {
  #entries: Entry[] = []
  /** struct pollfd: descriptor, events | revents << 16. */
  #pollfds = new Int32Array(0)

  get count(): number {
    return this.#entries.length
  }

  /** @param ready called between turns, as long as the descriptor is ready and `events` asks for it */
  add(fd: number, events: number, ready: () => void): FdWatch {
    const entry: Entry = {
      fd,
      events,
      ready,
      close: () => {
        this.#entries = this.#entries.filter((other) => other !== entry)
      },
    }
    this.#entries = [...this.#entries, entry]
    this.#pollfds = new Int32Array(2 * this.#entries.length)
    return entry
  }

  /** Sleeps until a descriptor is ready, so long at most; true: one was. */
  poll(timeoutMs: number): boolean {
    const entries = this.#entries
    const fds = this.#pollfds
    for (let i = 0; i < entries.length; i++) {
      const { fd, events } = entries[i]!
      // One that nothing is wanted of is left out: its end would be told again and again.
      fds[2 * i] = events === 0 ? -1 : fd
      fds[2 * i + 1] = events
    }
    if (native().poll(fds, entries.length, timeoutMs) === 0) return false
    for (let i = 0; i < entries.length; i++) {
      if (fds[2 * i + 1]! >>> 16 !== 0) entries[i]!.ready()
    }
    return true
  }
}
