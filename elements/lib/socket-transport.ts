// The transport of a Socket: TCP, UDP and unix sockets, as server or client.
//
//   stream   server: one connection at a time, accepted when the one before has ended
//            client: connected at once; when the connection ends it is not made again
//   datagram server: packets go to whoever sent last; client: to the address of the configuration

import { unlinkSync } from 'node:fs'
import { EAGAIN } from '../../dataplane/io/link.ts'
import { type Native, native } from '../../dataplane/native/native.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { SOCKET_BACKLOG, SOCKET_WAIT_MS } from '../../lib/limits.ts'
import { errnoText } from '../../lib/system-message.ts'
import {
  AF_INET,
  AF_UNIX,
  addressText,
  emptyAddress,
  inetOf,
  intOption,
  SO_RCVBUF,
  SO_SNDBUF,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  type SocketAddress,
  setInetIp,
} from './socket-address.ts'
import { ipText } from './text.ts'
import { AGAIN, LOST, SENT, Transport } from './transport.ts'

const IPPROTO_TCP = 6
const TCP_NODELAY = 1

export interface SocketSpec {
  readonly label: string
  readonly inet: boolean
  readonly stream: boolean
  readonly client: boolean
  /** Protocol number of an inet socket. */
  readonly protocol: number
  readonly remote: SocketAddress
  /** To bind to before connecting; null: nothing. */
  readonly local: SocketAddress | null
  /** Each packet goes to its destination address annotation. */
  readonly toAnnotation: boolean
  /** Bytes; -1: the system's. */
  readonly sendBuffer: number
  readonly receiveBuffer: number
  readonly noDelay: boolean
  readonly verbose: boolean
  readonly snaplen: number
  /** Full names of routing elements; '': none. */
  readonly allow: string
  readonly deny: string
}

export class SocketTransport extends Transport {
  readonly #native: Native
  readonly #spec: SocketSpec
  readonly #fd: number
  /** The unix socket file that this made. */
  readonly #file: string
  /** The connection, or the datagram socket; -1: none. */
  #active = -1
  readonly #from = emptyAddress()
  #to: SocketAddress | null

  constructor(spec: SocketSpec, say: (text: string) => void) {
    super(spec.snaplen)
    const n = native()
    this.#native = n
    this.#spec = spec
    this.#to = spec.client ? spec.remote : null
    const type = spec.stream ? SOCK_STREAM : SOCK_DGRAM
    this.#fd = n.socketOpen(spec.inet ? AF_INET : AF_UNIX, type, spec.protocol)
    try {
      this.#file = this.#start(say)
    } catch (error) {
      n.closeFd(this.#fd)
      throw error
    }
  }

  #start(say: (text: string) => void): string {
    const n = this.#native
    const spec = this.#spec
    const fd = this.#fd
    const set = (level: number, option: number, value: number, name: string) =>
      n.socketOption(fd, level, option, intOption(value), `setsockopt(${name})`)
    if (spec.stream && spec.inet && spec.noDelay) set(IPPROTO_TCP, TCP_NODELAY, 1, 'TCP_NODELAY')
    if (spec.sendBuffer >= 0) set(SOL_SOCKET, SO_SNDBUF, spec.sendBuffer, 'SO_SNDBUF')
    if (spec.receiveBuffer >= 0) set(SOL_SOCKET, SO_RCVBUF, spec.receiveBuffer, 'SO_RCVBUF')
    const bound = spec.client ? spec.local : spec.remote
    if (bound !== null) n.socketBind(fd, bound)
    const file = bound === null || spec.inet ? '' : addressText(bound)
    if (spec.stream && spec.client) n.socketConnect(fd, spec.remote, SOCKET_WAIT_MS)
    else if (spec.stream) n.socketListen(fd, SOCKET_BACKLOG)
    if (spec.client || !spec.stream) this.#active = fd
    if (spec.verbose && spec.stream) {
      const where = addressText(spec.remote)
      if (spec.client) say(`${spec.label}: opened connection ${fd} to ${where}`)
      else say(`${spec.label}: listening for connections on ${where} (${fd})`)
    }
    return file
  }

  get connected(): boolean {
    return this.#active >= 0 && (this.#spec.stream || this.#to !== null)
  }

  protected readable(): readonly number[] {
    if (this.#active >= 0) return [this.#active]
    return this.#spec.client ? [] : [this.#fd]
  }

  protected get writable(): number {
    return this.#active
  }

  receive(): number {
    if (this.#active < 0 && !this.#accept()) return AGAIN
    return this.#spec.stream ? this.#receiveStream() : this.#receiveDatagram()
  }

  #receiveStream(): number {
    const { buffer } = this
    const got = this.#native.fdRead(this.#active, buffer, 0, buffer.length)
    if (got > 0) return got
    if (got !== -EAGAIN) this.#hangUp(got)
    return AGAIN
  }

  #receiveDatagram(): number {
    const { buffer } = this
    const { client, inet } = this.#spec
    const from = client ? null : this.#from
    const got = this.#native.socketReceive(this.#active, buffer, 0, buffer.length, from)
    if (got === -EAGAIN) return AGAIN
    if (got <= 0) return LOST // an empty datagram, or an error of one sent before
    if (from === null) return got
    if (inet && !this.#isAllowed(from)) {
      this.#tell(`dropped datagram from ${addressText(from)}`)
      return LOST
    }
    this.#to = from
    return got
  }

  /** Takes the next connection that is allowed; false: there is none. */
  #accept(): boolean {
    if (this.#spec.client) return false
    for (;;) {
      const fd = this.#native.socketAccept(this.#fd, this.#from)
      if (fd < 0) {
        if (fd !== -EAGAIN) this.say(`${this.#spec.label}: accept: ${errnoText(fd)}`)
        return false
      }
      const allowed = !this.#spec.inet || this.#isAllowed(this.#from)
      const where = addressText(this.#from)
      this.#tell(`${allowed ? 'opened' : 'denied'} connection ${fd} from ${where}`)
      if (!allowed) {
        this.#native.closeFd(fd)
        continue
      }
      this.#active = fd
      this.watch()
      return true
    }
  }

  /** ALLOW is asked first, then DENY: both are routing elements, a route that is found says yes. */
  #isAllowed(from: SocketAddress): boolean {
    const { allow, deny } = this.#spec
    if (allow === '' && deny === '') return true
    const ip = ipText(inetOf(from).ip)
    if (allow !== '' && this.#hasRoute(allow, ip)) return true
    return deny === '' || !this.#hasRoute(deny, ip)
  }

  #hasRoute(table: string, ip: string): boolean {
    return !this.call(`${table}.lookup`, ip).startsWith('-1')
  }

  send(p: Packet): number {
    const { stream, toAnnotation } = this.#spec
    const to = stream ? null : this.#to
    if (toAnnotation && to !== null) setInetIp(to, p.dst)
    while (p.end > p.off) {
      const sent = this.#native.socketSend(this.#active, p.mem, p.off, p.end - p.off, to)
      if (sent === -EAGAIN) return AGAIN
      if (sent < 0) {
        if (stream) this.#hangUp(sent)
        else this.#tell(errnoText(sent))
        return LOST
      }
      p.off += sent
    }
    return SENT
  }

  /** The connection has ended; a server waits for the next. */
  #hangUp(result: number): void {
    const fd = this.#active
    if (result < 0) this.#tell(errnoText(result))
    this.#active = -1
    this.watch()
    if (fd !== this.#fd) this.#native.closeFd(fd)
    this.#tell(`closed connection ${fd}`)
  }

  #tell(text: string): void {
    if (this.#spec.verbose) this.say(`${this.#spec.label}: ${text}`)
  }

  protected shut(): void {
    if (this.#active >= 0 && this.#active !== this.#fd) this.#native.closeFd(this.#active)
    this.#native.closeFd(this.#fd)
    this.#active = -1
    if (this.#file === '') return
    try {
      unlinkSync(this.#file)
    } catch {
      // somebody else has removed it
    }
  }
}
