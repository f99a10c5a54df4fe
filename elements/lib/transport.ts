// The outside end of an element that carries packets into the router and out of it: a socket, a tun
// device. What is common: descriptors that are watched, and handing over to another router.
//
// An open transport can be handed on: when a configuration is replaced, the new router's element
// takes it over, and neither connections nor what waits in the kernel are lost.

import type { RouterServices } from '../../dataplane/element.ts'
import { type FdWatch, POLLIN, POLLOUT } from '../../dataplane/fd-watch.ts'
import { native } from '../../dataplane/native/native.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { SOCKET_WAIT_MS } from '../../lib/limits.ts'

/** What `send` and `receive` say. */
export const AGAIN = 0
export const LOST = -1
export const SENT = 1

export abstract class Transport {
  /** What was received last: `receive` says how much. */
  readonly buffer: Uint8Array
  #router: RouterServices | null = null
  #ready: () => void = () => undefined
  #watches: FdWatch[] = []
  #wantsRoom = false

  constructor(lengthMax: number) {
    this.buffer = new Uint8Array(lengthMax)
  }

  /**
   * A packet into `buffer`: its length, more than the buffer's where it was cut; AGAIN: there is
   * none; LOST: one came that is not to be had.
   */
  abstract receive(): number

  /** SENT, LOST (the packet is dropped), or AGAIN: there is no room, the packet may be shorter now. */
  abstract send(p: Packet): number

  /** Whether there is somebody to send to. */
  abstract get connected(): boolean

  /** Descriptors that packets, or connections, come in by. */
  protected abstract readable(): readonly number[]

  /** The descriptor that packets go out by; -1: none. */
  protected abstract get writable(): number

  /** Closes everything; called once. */
  protected abstract shut(): void

  /** From now on that router's element is woken. */
  attach(router: RouterServices, ready: () => void): void {
    this.#router = router
    this.#ready = ready
    this.watch()
  }

  close(): void {
    this.#router = null
    this.watch()
    this.shut()
  }

  /** Asks to be woken when there is room to send. */
  wantRoom(on: boolean): void {
    if (on === this.#wantsRoom) return
    this.#wantsRoom = on
    this.watch()
  }

  /** Holds the thread till there is room to send; false: there was none for too long. */
  waitForRoom(): boolean {
    const fds = Int32Array.of(this.writable, POLLOUT)
    return native().poll(fds, 1, SOCKET_WAIT_MS) > 0
  }

  /** Prints where the element's own messages go. */
  protected say(text: string): void {
    this.#router?.print(text)
  }

  protected call(path: string, arg: string): string {
    return this.#router?.readHandler(path, arg) ?? ''
  }

  /** To be called when descriptors have changed. */
  protected watch(): void {
    for (const watch of this.#watches) watch.close()
    this.#watches = []
    const router = this.#router
    if (router === null) return
    const fds = new Map<number, number>()
    for (const fd of this.readable()) fds.set(fd, POLLIN)
    if (this.#wantsRoom && this.writable >= 0)
      fds.set(this.writable, (fds.get(this.writable) ?? 0) | POLLOUT)
    for (const [fd, events] of fds) this.#watches.push(router.watch(fd, events, this.#ready))
  }
}
