// The packet driver: AF_PACKET sockets, for where XDP is refused. The kernel copies each frame between
// its own buffers and the pool; one system call moves a batch. A mapped ring (TPACKET_V3) was measured
// and left out: a lone packet took 560 µs to arrive at the median, against 25 µs this way.
//
// Unlike with xdp, the kernel's own stack sees the packets too: give the interface no address, or it
// answers them. A checksum that the kernel left to the card is finished here. Frames longer than a pool
// frame (GRO) are cut by the kernel and dropped here, counted.

import { ClickUpError } from '../../lib/errors.ts'
import { BATCH, PACKET_BUFFER_BYTES, PACKET_SEND_QUEUE } from '../../lib/limits.ts'
import { CHECKSUM_LEFT, type Native, native, systemError } from '../native/native.ts'
import { type Packet, Pool } from '../packet.ts'
import { finishChecksum } from './checksum.ts'
import type { Driver, DriverSpec, Port, PortCounters, PortSpec } from './device.ts'
import { EAGAIN, ENETDOWN, ETHER_HEADER, intoPool, newCounters, VLAN_TAG } from './link.ts'
import { Waiter } from './waiter.ts'

const SOL_PACKET = 263
const PACKET_IGNORE_OUTGOING = 23

/** Opens all ports, or none. Throws ClickUpError. */
export function openPacket(spec: DriverSpec): Driver {
  const n = native()
  const open = (): Driver => new PacketDriver(n, spec)
  try {
    return spec.netns === null ? open() : n.inNetns(spec.netns, open)
  } catch (error) {
    throw systemError(error)
  }
}

class PacketDriver implements Driver {
  readonly name = 'packet'
  readonly blocking = true
  readonly pool: Pool
  readonly ports: readonly PacketPort[]
  readonly wakeFd: number
  onReadable: (() => void) | null = null
  readonly #waiter: Waiter
  #closed = false

  constructor(n: Native, spec: DriverSpec) {
    this.pool = new Pool(spec.frames)
    const ports: PacketPort[] = []
    this.ports = ports
    try {
      for (const [index, port] of spec.ports.entries())
        ports.push(new PacketPort(n, this.pool, port, index))
      this.#waiter = new Waiter(
        n,
        ports.map((port) => port.fd),
      )
      this.wakeFd = this.#waiter.wakeFd
    } catch (error) {
      for (const port of ports) port.close()
      throw error
    }
  }

  wait(timeoutMs: number): void {
    this.#waiter.waitFor(this.ports, timeoutMs)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#waiter.close()
    for (const port of this.ports) port.close()
  }
}

class PacketPort implements Port {
  readonly name: string
  readonly where: string
  readonly fd: number
  fault: Error | null = null

  readonly #native: Native
  readonly #pool: Pool
  readonly #index: number
  readonly #lengthMax: number
  readonly #counters = newCounters()
  /** Frames that a receive may fill. */
  readonly #armed: Packet[] = new Array(BATCH)
  readonly #rxSlots = new Int32Array(3 * BATCH)
  /** Frames gathered for `flush`, from #txFirst to #txCount. */
  readonly #queued: Packet[] = []
  readonly #txSlots = new Int32Array(3 * PACKET_SEND_QUEUE)
  #txFirst = 0
  #txCount = 0
  #closed = false

  constructor(n: Native, pool: Pool, spec: PortSpec, index: number) {
    if (spec.interface === undefined)
      throw new ClickUpError('INTERFACE', `port ${spec.name}: packet driver needs an interface`)
    const { mtu, up } = n.interfaceInfo(spec.interface)
    if (!up)
      throw new ClickUpError(
        'INTERFACE',
        `port ${spec.name}: interface ${spec.interface} is down`,
        `ip link set ${spec.interface} up`,
      )
    this.#native = n
    this.#pool = pool
    this.#index = index
    this.#lengthMax = mtu + ETHER_HEADER + VLAN_TAG
    this.name = spec.name
    this.where = spec.interface
    this.fd = n.packetOpen(spec.interface, PACKET_BUFFER_BYTES, PACKET_BUFFER_BYTES)
  }

  get counters(): Readonly<PortCounters> {
    if (!this.#closed) this.#counters.rxDropped += this.#native.packetDropped(this.fd)
    return this.#counters
  }

  filter(program: Uint32Array): void {
    this.#native.socketFilter(this.fd, program)
  }

  takeOutgoing(on: boolean): void {
    const value = new Uint8Array(Uint32Array.of(on ? 0 : 1).buffer)
    const what = 'setsockopt(PACKET_IGNORE_OUTGOING)'
    this.#native.socketOption(this.fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, value, what)
  }

  receive(out: Packet[], max: number): number {
    if (this.fault !== null) return 0
    const count = this.#arm(max)
    const slots = this.#rxSlots
    const got = this.#native.packetReceive(this.fd, this.#pool.mem, slots, count)
    if (got < 0) this.check()
    let n = 0
    for (let i = 0; i < got; i++) {
      const p = this.#armed[i]!
      p.off = slots[3 * i]!
      p.end = p.off + slots[3 * i + 1]!
      if (p.end > p.limit) {
        this.#counters.rxDropped++
        this.#pool.free(p)
        continue
      }
      p.port = this.#index
      const kind = slots[3 * i + 2]!
      p.type = kind & ~CHECKSUM_LEFT
      if (kind !== p.type) finishChecksum(p.mem, p.off, p.end)
      this.#counters.rxPackets++
      this.#counters.rxBytes += p.end - p.off
      out[n++] = p
    }
    for (let i = Math.max(got, 0); i < count; i++) this.#pool.free(this.#armed[i]!)
    return n
  }

  send(p: Packet): boolean {
    const q = intoPool(this.#pool, p)
    if (q === null) {
      this.#counters.txDropped++
      return false
    }
    const length = q.end - q.off
    const fits = length >= ETHER_HEADER && length <= this.#lengthMax
    if (this.#txCount === PACKET_SEND_QUEUE) this.flush()
    if (!fits || this.fault !== null || this.#txCount === PACKET_SEND_QUEUE) {
      this.#counters.txDropped++
      this.#pool.free(q)
      return false
    }
    this.#txSlots[3 * this.#txCount] = q.off
    this.#txSlots[3 * this.#txCount + 1] = length
    this.#queued[this.#txCount] = q
    this.#txCount++
    return true
  }

  flush(): void {
    let again = true
    while (this.#txFirst < this.#txCount && this.fault === null) {
      const count = this.#txCount - this.#txFirst
      const fd = this.fd
      const sent = this.#native.packetSend(fd, this.#pool.mem, this.#txSlots, this.#txFirst, count)
      if (sent === -EAGAIN) break // the socket's buffer is full: again at the next flush
      for (let i = 0; i < sent; i++) this.#finish(true)
      if (sent >= 0) continue
      this.check() // gives everything back where the interface has gone
      if (this.fault !== null) break
      // An interface that was down leaves an error behind, which the first call after that reports.
      if (sent === -ENETDOWN && again) again = false
      else this.#finish(false) // what the kernel refused; the next may go
    }
    if (this.#txFirst > 0) this.#compact()
  }

  /** True: frames are left that the kernel would not take yet. */
  get pending(): boolean {
    return this.fault === null && this.#txCount > 0
  }

  /** Sets `fault` where the interface has gone. */
  check(): void {
    if (this.fault !== null || !this.#native.packetGone(this.fd)) return
    this.fault = new ClickUpError(
      'INTERFACE',
      `port ${this.name}: interface ${this.where} has gone`,
      'the replica must be started again with an interface',
    )
    this.#giveBack()
  }

  close(): void {
    if (this.#closed) return
    this.#counters.rxDropped += this.#native.packetDropped(this.fd)
    this.#closed = true
    this.#native.closeFd(this.fd)
    this.#giveBack()
    this.fault ??= new ClickUpError('DRIVER', `port ${this.name} (${this.where}) is closed`)
  }

  /** Takes frames for a receive, and says in the slots where they are. */
  #arm(max: number): number {
    const pool = this.#pool
    let count = Math.min(max, BATCH)
    if (count > pool.available) count = pool.available
    for (let i = 0; i < count; i++) {
      const p = pool.alloc()!
      this.#armed[i] = p
      this.#rxSlots[3 * i] = p.off
      this.#rxSlots[3 * i + 1] = p.limit - p.off
    }
    return count
  }

  #finish(sent: boolean): void {
    const p = this.#queued[this.#txFirst++]!
    if (sent) {
      this.#counters.txPackets++
      this.#counters.txBytes += p.end - p.off
    } else {
      this.#counters.txDropped++
    }
    this.#pool.free(p)
  }

  #compact(): void {
    const left = this.#txCount - this.#txFirst
    this.#txSlots.copyWithin(0, 3 * this.#txFirst, 3 * this.#txCount)
    for (let i = 0; i < left; i++) this.#queued[i] = this.#queued[this.#txFirst + i]!
    this.#txFirst = 0
    this.#txCount = left
  }

  #giveBack(): void {
    while (this.#txFirst < this.#txCount) this.#finish(false)
    this.#txFirst = 0
    this.#txCount = 0
  }
}
