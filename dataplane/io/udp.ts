// The udp driver: every frame is the payload of one datagram on 127.0.0.1. It needs no privilege and
// no particular system, so tests and the demo run anywhere; steering is done in user space by the
// agent. Not made for speed. Packets come through the event loop: `blocking` is false.
//
// A datagram that finds the port's queue full, or no free frame, is dropped and counted; so are those
// that the kernel drops when its buffer is full, where /proc/net/udp says so.

import { createSocket, type Socket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { ClickUpError } from '../../lib/errors.ts'
import { UDP_BUFFER_BYTES, UDP_QUEUE } from '../../lib/limits.ts'
import { type Packet, Pool } from '../packet.ts'
import type { Driver, DriverSpec, Port, PortCounters, PortSpec } from './device.ts'
import { ETHER_HEADER, newCounters } from './link.ts'

const LOOPBACK = '127.0.0.1'
/** A 1,500-byte packet with Ethernet header and VLAN tag, as on the other drivers' interfaces. */
const LENGTH_MAX = 1518

/** Opens all ports, or none. Throws ClickUpError. Network namespaces are not entered: no privilege. */
export function openUdp(spec: DriverSpec): Driver {
  return new UdpDriver(spec)
}

class UdpDriver implements Driver {
  readonly name = 'udp'
  readonly blocking = false
  readonly wakeFd = -1
  readonly pool: Pool
  readonly ports: readonly UdpPort[]
  onReadable: (() => void) | null = null

  constructor(spec: DriverSpec) {
    this.pool = new Pool(spec.frames)
    const ports: UdpPort[] = []
    this.ports = ports
    const readable = (): void => this.onReadable?.()
    try {
      for (const [index, port] of spec.ports.entries())
        ports.push(new UdpPort(this.pool, port, index, readable))
    } catch (error) {
      this.close()
      throw error
    }
  }

  wait(): void {
    // Packets come by the event loop.
  }

  close(): void {
    for (const port of this.ports) port.close()
  }
}

class UdpPort implements Port {
  readonly name: string
  readonly where: string
  fault: Error | null = null
  readonly #pool: Pool
  readonly #index: number
  readonly #listen: number
  readonly #peer: number
  readonly #socket: Socket
  readonly #counters = newCounters()
  readonly #readable: () => void
  /** Received packets, a ring: from #head, #length of them. */
  readonly #queue: (Packet | null)[] = new Array(UDP_QUEUE).fill(null)
  #head = 0
  #length = 0
  /** Dropped by the driver; the kernel's own count comes on top. */
  #dropped = 0
  #kernelDropped = 0
  #closed = false
  readonly #sent: (error: Error | null, bytes?: number) => void

  constructor(pool: Pool, spec: PortSpec, index: number, readable: () => void) {
    if (spec.listen === undefined || spec.peer === undefined)
      throw new ClickUpError(
        'DRIVER',
        `port ${spec.name}: the udp driver needs 'listen' and 'peer'`,
      )
    this.#pool = pool
    this.#index = index
    this.#listen = spec.listen
    this.#peer = spec.peer
    this.#readable = readable
    this.name = spec.name
    this.where = `${LOOPBACK}:${spec.listen}`
    this.#sent = (error) => {
      if (error === null) return
      this.#counters.txPackets--
      this.#counters.txDropped++
    }
    // A lookup that answers at once makes bind and send synchronous: errors of bind are thrown here.
    this.#socket = createSocket({
      type: 'udp4',
      recvBufferSize: UDP_BUFFER_BYTES,
      sendBufferSize: UDP_BUFFER_BYTES,
      lookup: (host, _options, answer) => answer(null, host, 4),
    })
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.on('message', (data) => this.#arrived(data))
    this.#socket.bind({ port: spec.listen, address: LOOPBACK, exclusive: true })
    if (this.fault !== null) throw this.fault
  }

  get counters(): Readonly<PortCounters> {
    if (!this.#closed) this.#kernelDropped = kernelDrops(this.#listen)
    this.#counters.rxDropped = this.#dropped + this.#kernelDropped
    return this.#counters
  }

  receive(out: Packet[], max: number): number {
    const n = Math.min(this.#length, max)
    for (let i = 0; i < n; i++) {
      const p = this.#queue[this.#head]!
      this.#queue[this.#head] = null
      this.#head = (this.#head + 1) % UDP_QUEUE
      out[i] = p
      this.#counters.rxPackets++
      this.#counters.rxBytes += p.end - p.off
    }
    this.#length -= n
    return n
  }

  send(p: Packet): boolean {
    const length = p.end - p.off
    const fits = length >= ETHER_HEADER && length <= LENGTH_MAX
    if (fits && this.fault === null) {
      // The socket may keep the buffer for a while, the frame goes back at once: so a copy.
      const data = Buffer.from(p.mem.subarray(p.off, p.end))
      this.#socket.send(data, this.#peer, LOOPBACK, this.#sent)
      this.#counters.txPackets++
      this.#counters.txBytes += length
    } else {
      this.#counters.txDropped++
    }
    this.#pool.free(p)
    return fits && this.fault === null
  }

  flush(): void {
    // Each datagram was sent by `send`.
  }

  close(): void {
    if (this.#closed) return
    this.#kernelDropped = this.fault === null ? kernelDrops(this.#listen) : 0
    this.#closed = true
    this.#socket.close()
    while (this.#length > 0) {
      this.#pool.free(this.#queue[this.#head]!)
      this.#queue[this.#head] = null
      this.#head = (this.#head + 1) % UDP_QUEUE
      this.#length--
    }
    this.fault ??= new ClickUpError('DRIVER', `port ${this.name} (${this.where}) is closed`)
  }

  #arrived(data: Buffer): void {
    if (this.#closed) return
    const p =
      this.#length < UDP_QUEUE && data.length >= ETHER_HEADER && data.length <= LENGTH_MAX
        ? this.#pool.alloc()
        : null
    if (p === null) {
      this.#dropped++
      return
    }
    p.mem.set(data, p.off)
    p.end = p.off + data.length
    p.port = this.#index
    p.type = (data[0]! & 1) === 0 ? 0 : data.readUIntBE(0, 6) === 0xffffffffffff ? 1 : 2
    this.#queue[(this.#head + this.#length) % UDP_QUEUE] = p
    this.#length++
    if (this.#length === 1) this.#readable()
  }

  #fail(error: NodeJS.ErrnoException): void {
    const hint =
      error.code === 'EADDRINUSE' ? 'another process listens there: choose another port' : ''
    const what = `port ${this.name}: ${error.syscall ?? 'udp'} ${this.where}: ${error.code ?? error.message}`
    this.fault ??= new ClickUpError('SYSCALL', what, hint)
  }
}

/** Datagrams that the kernel dropped for a listening port: the last column of /proc/net/udp. */
function kernelDrops(port: number): number {
  try {
    const address = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
    for (const line of readFileSync('/proc/net/udp', 'latin1').split('\n')) {
      const words = line.trim().split(/\s+/)
      if (words[1] === address) return Number(words.at(-1))
    }
  } catch {
    // No /proc: only the driver's own drops are counted.
  }
  return 0
}
