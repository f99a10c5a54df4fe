// The transport of a RawSocket: a raw IPv4 socket, and (with a port) a plain one that reserves it.

import { EAGAIN } from '../../dataplane/io/link.ts'
import { type Native, native } from '../../dataplane/native/native.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { errnoText } from '../../lib/system-message.ts'
import {
  AF_INET,
  inetAddress,
  intOption,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
  SOL_SOCKET,
  setInetIp,
} from './socket-address.ts'
import { AGAIN, LOST, SENT, Transport } from './transport.ts'

const IPPROTO_IP = 0
const IP_HDRINCL = 3
const SO_BROADCAST = 6
const TCP = 6
const UDP = 17
const IP_HEADER = 20

export interface RawSpec {
  readonly label: string
  readonly protocol: number
  /** TCP, UDP: port to reserve; 0: none. */
  readonly port: number
  readonly snaplen: number
}

export class RawTransport extends Transport {
  readonly #native: Native
  readonly #spec: RawSpec
  readonly #fd: number
  /** The socket that holds the port; -1: none. */
  #holder = -1
  readonly #to = inetAddress(0, 0)

  constructor(spec: RawSpec) {
    super(spec.snaplen)
    const n = native()
    this.#native = n
    this.#spec = spec
    this.#fd = n.socketOpen(AF_INET, SOCK_RAW, spec.protocol)
    try {
      const { protocol, port } = spec
      if (port !== 0 && (protocol === TCP || protocol === UDP)) {
        const type = protocol === TCP ? SOCK_STREAM : SOCK_DGRAM
        this.#holder = n.socketOpen(AF_INET, type, protocol)
        n.socketBind(this.#holder, inetAddress(0, port))
      }
      n.socketOption(this.#fd, IPPROTO_IP, IP_HDRINCL, intOption(1), 'IP_HDRINCL')
      n.socketOption(this.#fd, SOL_SOCKET, SO_BROADCAST, intOption(1), 'SO_BROADCAST')
    } catch (error) {
      this.shut()
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
    const { buffer } = this
    const got = this.#native.socketReceive(this.#fd, buffer, 0, buffer.length, null)
    if (got > 0) return got
    return got === -EAGAIN ? AGAIN : LOST
  }

  send(p: Packet): number {
    const length = p.end - p.off
    if (length < IP_HEADER) {
      this.say(`${this.#spec.label}: runt IP packet (${length} bytes)`)
      return LOST
    }
    const { mem } = p
    const at = p.off + 16
    setInetIp(
      this.#to,
      (mem[at]! << 24) | (mem[at + 1]! << 16) | (mem[at + 2]! << 8) | mem[at + 3]!,
    )
    const sent = this.#native.socketSend(this.#fd, mem, p.off, length, this.#to)
    if (sent === -EAGAIN) return AGAIN
    if (sent >= 0) return SENT
    this.say(`${this.#spec.label}: sendto: ${errnoText(sent)}`)
    return LOST
  }

  protected shut(): void {
    this.#native.closeFd(this.#fd)
    if (this.#holder >= 0) this.#native.closeFd(this.#holder)
  }
}
