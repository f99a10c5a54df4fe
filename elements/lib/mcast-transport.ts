// The transport of a McastSocket: one socket that listens on the multicast address, and one that
// sends to it.

import { EAGAIN } from '../../dataplane/io/link.ts'
import { type Native, native } from '../../dataplane/native/native.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { errnoText } from '../../lib/system-message.ts'
import {
  AF_INET,
  emptyAddress,
  inetAddress,
  intOption,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_SNDBUF,
  SOCK_DGRAM,
  SOL_SOCKET,
  type SocketAddress,
  sameInet,
} from './socket-address.ts'
import { AGAIN, LOST, SENT, Transport } from './transport.ts'

const IPPROTO_IP = 0
const IPPROTO_UDP = 17
const IP_MULTICAST_IF = 32
const IP_MULTICAST_LOOP = 34
const IP_ADD_MEMBERSHIP = 35

export interface McastSpec {
  readonly label: string
  readonly group: number
  readonly port: number
  /** Address (0: the routing table's) and port (0: any) to send from. */
  readonly source: number
  readonly sourcePort: number
  readonly loop: boolean
  readonly sendBuffer: number
  readonly receiveBuffer: number
  readonly snaplen: number
}

export class McastTransport extends Transport {
  readonly #native: Native
  readonly #spec: McastSpec
  readonly #in: number
  readonly #out: number
  readonly #to: SocketAddress
  readonly #from = emptyAddress()
  /** Where packets of our own come from; null: not known. */
  #own: SocketAddress | null = null

  constructor(spec: McastSpec) {
    super(spec.snaplen)
    const n = native()
    this.#native = n
    this.#spec = spec
    this.#to = inetAddress(spec.group, spec.port)
    this.#in = n.socketOpen(AF_INET, SOCK_DGRAM, IPPROTO_UDP)
    this.#out = n.socketOpen(AF_INET, SOCK_DGRAM, IPPROTO_UDP)
    try {
      this.#start()
    } catch (error) {
      this.shut()
      throw error
    }
  }

  #start(): void {
    const n = this.#native
    const spec = this.#spec
    const set = (fd: number, level: number, option: number, value: Uint8Array, name: string) =>
      n.socketOption(fd, level, option, value, `setsockopt(${name})`)
    const { sendBuffer, receiveBuffer } = spec
    if (sendBuffer >= 0) set(this.#out, SOL_SOCKET, SO_SNDBUF, intOption(sendBuffer), 'SO_SNDBUF')
    if (receiveBuffer >= 0)
      set(this.#in, SOL_SOCKET, SO_RCVBUF, intOption(receiveBuffer), 'SO_RCVBUF')
    set(this.#in, SOL_SOCKET, SO_REUSEADDR, intOption(1), 'SO_REUSEADDR')
    n.socketBind(this.#in, this.#to)
    const source = inetAddress(spec.source, spec.sourcePort)
    const sourceIp = source.slice(8, 12)
    if (spec.source !== 0) {
      n.socketBind(this.#out, source)
      n.socketName(this.#out, source)
      this.#own = source
      set(this.#out, IPPROTO_IP, IP_MULTICAST_IF, sourceIp, 'IP_MULTICAST_IF')
    }
    const group = this.#to.slice(8, 12)
    const membership = Uint8Array.of(...group, ...sourceIp)
    set(this.#in, IPPROTO_IP, IP_ADD_MEMBERSHIP, membership, 'IP_ADD_MEMBERSHIP')
    set(this.#out, IPPROTO_IP, IP_MULTICAST_LOOP, intOption(spec.loop ? 1 : 0), 'IP_MULTICAST_LOOP')
  }

  get connected(): boolean {
    return true
  }

  protected readable(): readonly number[] {
    return [this.#in]
  }

  protected get writable(): number {
    return this.#out
  }

  receive(): number {
    const { buffer } = this
    const got = this.#native.socketReceive(this.#in, buffer, 0, buffer.length, this.#from)
    if (got === -EAGAIN) return AGAIN
    if (got <= 0) return LOST
    return this.#own !== null && sameInet(this.#from, this.#own) ? LOST : got
  }

  send(p: Packet): number {
    const sent = this.#native.socketSend(this.#out, p.mem, p.off, p.end - p.off, this.#to)
    if (sent === -EAGAIN) return AGAIN
    if (sent >= 0) return SENT
    this.say(`${this.#spec.label}: ${errnoText(sent)}`)
    return LOST
  }

  protected shut(): void {
    this.#native.closeFd(this.#in)
    this.#native.closeFd(this.#out)
  }
}
