// The transport of elements that are an interface of the kernel: KernelTun, KernelTap, FromHost. The
// device and its address are there as long as the descriptor is open.

import { EAGAIN } from '../../dataplane/io/link.ts'
import { type Native, native } from '../../dataplane/native/native.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { errnoText } from '../../lib/system-message.ts'
import { AGAIN, LOST, SENT, Transport } from './transport.ts'

const EBADFD = 77
const ENOBUFS = 105
const ETHER_ROOM = 18
/** The least that a buffer holds, whatever the MTU: what the kernel sends may be longer. */
const BUFFER_MIN = 2048

export interface TunSpec {
  /** In front of messages: 'KernelTun'. */
  readonly label: string
  readonly tap: boolean
  /** '': the kernel's choice. */
  readonly devname: string
  /** int32; 0: left as it is. */
  readonly address: number
  readonly mask: number
  /** A default route by it; 0: none. */
  readonly gateway: number
  readonly mtu: number
  /** Empty: the kernel's choice. */
  readonly ether: Uint8Array
  /** One message about full queues is enough. */
  readonly quietOverflows: boolean
}

export class TunTransport extends Transport {
  readonly devname: string
  readonly #native: Native
  readonly #spec: TunSpec
  readonly #fd: number
  readonly #onClose: () => void
  #overflowed = false

  constructor(spec: TunSpec, onClose: () => void = () => undefined) {
    super(Math.max(BUFFER_MIN, spec.mtu + ETHER_ROOM))
    const n = native()
    this.#native = n
    this.#spec = spec
    this.#onClose = onClose
    const { fd, name } = n.tunOpen(spec.devname, spec.tap ? 1 : 0)
    this.#fd = fd
    this.devname = name
    try {
      n.interfaceSet(name, spec.address, spec.mask, spec.mtu, spec.ether)
      if (spec.gateway !== 0) n.routeDefault(spec.gateway)
    } catch (error) {
      n.closeFd(fd)
      throw error
    }
  }

  get connected(): boolean {
    return true
  }

  protected readable(): readonly number[] {
    return [this.#fd]
  }

  protected get writable(): number {
    return this.#fd
  }

  receive(): number {
    const got = this.#native.fdRead(this.#fd, this.buffer, 0, this.buffer.length)
    if (got > 0) return got
    // The interface was set down: nothing comes, and nothing says when it does again.
    if (got === -EAGAIN || got === -EBADFD || got === 0) return AGAIN
    this.#complain('read failed', got)
    return AGAIN
  }

  send(p: Packet): number {
    const { mtu, tap } = this.#spec
    const from = tap ? p.off : p.net
    const fault = this.#fault(p, from)
    if (fault !== null) {
      this.say(`${this.#spec.label}(${this.devname}): ${fault}`)
      return LOST
    }
    const length = p.end - from
    if (length - (tap ? 14 : 0) > mtu) {
      this.say(`${this.#spec.label}(${this.devname}): packet larger than MTU (${mtu})`)
      return LOST
    }
    const sent = this.#native.fdWrite(this.#fd, p.mem, from, length)
    if (sent === -EAGAIN) return AGAIN
    if (sent === length) return SENT
    this.#complain('write failed', sent)
    return LOST
  }

  /** What is wrong with a packet for the kernel; null: nothing. */
  #fault(p: Packet, from: number): string | null {
    if (this.#spec.tap) return p.end - p.off < 14 ? 'packet too small' : null
    if (from < 0 || p.end - from < 20) return 'no network header'
    const version = p.mem[from]! >> 4
    return version === 4 || version === 6 ? null : `unknown IP version ${version}`
  }

  #complain(what: string, result: number): void {
    const overflow = result === -ENOBUFS
    if (overflow && this.#overflowed && this.#spec.quietOverflows) return
    this.#overflowed ||= overflow
    this.say(`${this.#spec.label}(${this.devname}): ${what}: ${errnoText(result)}`)
  }

  protected shut(): void {
    this.#onClose()
    try {
      this.#native.interfaceDown(this.devname)
    } catch {
      // it goes away in a moment anyway
    }
    this.#native.closeFd(this.#fd)
  }
}
