// One AF_XDP socket as a port: four rings of descriptors in memory shared with the kernel.
//
//   fill ────▶ kernel ────▶ rx      frames lent to the kernel, and come back with a packet in them
//   tx   ────▶ kernel ────▶ completion   frames with a packet to send, and come back when sent
//
// Each ring has a producer and a consumer index, free-running 32-bit words that one side writes and
// the other reads; Atomics give the order that the kernel's acquire and release pair with. We publish
// once a batch. A frame is always in exactly one place: the pool, the kernel (fill, tx), or a caller.

import { ClickUpError } from '../../lib/errors.ts'
import type { Native, Xsk, XskRing } from '../native/native.ts'
import type { Packet, Pool } from '../packet.ts'
import type { Port, PortCounters } from './device.ts'
import { ENXIO, ETHER_HEADER, intoPool, newCounters, packetType, VLAN_TAG } from './link.ts'

/** Asks of the kernel to send without end: with a budget of 32 frames each, it is done far earlier. */
const KICKS_MAX = 256
/** Receives without a packet, after which a busy loop that never waits looks whether the interface is there. */
const EMPTY_RECEIVES_CHECK = 8192

/** What a port is made of, besides its socket. */
export interface XdpPortParts {
  readonly name: string
  readonly where: string
  readonly index: number
  readonly mac: Uint8Array
  readonly mtu: number
  readonly ringSize: number
}

export class XdpPort implements Port {
  readonly name: string
  readonly where: string
  readonly fd: number
  fault: Error | null = null

  readonly #native: Native
  readonly #pool: Pool
  readonly #handle: object
  readonly #index: number
  readonly #mac: Uint8Array
  readonly #lengthMax: number
  readonly #frameShift: number
  readonly #size: number
  readonly #mask: number
  readonly #counters = newCounters()
  readonly #statistics = new Float64Array(6)

  readonly #rx: Int32Array
  readonly #rxRing: XskRing
  readonly #tx: Int32Array
  readonly #txRing: XskRing
  readonly #fill: Int32Array
  readonly #fillRing: XskRing
  readonly #completion: Int32Array
  readonly #completionRing: XskRing
  /** Our own indices: those of the rings that we write are published from these. */
  #rxConsumer = 0
  #txProducer = 0
  #txPublished = 0
  #fillProducer = 0
  #completionConsumer = 0
  #emptyReceives = 0
  #closed = false

  constructor(native: Native, pool: Pool, xsk: Xsk, parts: XdpPortParts) {
    this.#native = native
    this.#pool = pool
    this.#handle = xsk.handle
    this.fd = xsk.fd
    this.name = parts.name
    this.where = parts.where
    this.#index = parts.index
    this.#mac = parts.mac
    this.#lengthMax = parts.mtu + ETHER_HEADER + VLAN_TAG
    this.#frameShift = Math.log2(pool.frameSize)
    if (!Number.isInteger(this.#frameShift)) throw new Error('xdp: frame size is no power of two')
    this.#size = parts.ringSize
    this.#mask = parts.ringSize - 1
    this.#rx = new Int32Array(xsk.rx.memory)
    this.#rxRing = xsk.rx
    this.#tx = new Int32Array(xsk.tx.memory)
    this.#txRing = xsk.tx
    this.#fill = new Int32Array(xsk.fill.memory)
    this.#fillRing = xsk.fill
    this.#completion = new Int32Array(xsk.completion.memory)
    this.#completionRing = xsk.completion
    this.#refill()
  }

  get counters(): Readonly<PortCounters> {
    if (!this.#closed) this.#readDropped()
    return this.#counters
  }

  receive(out: Packet[], max: number): number {
    const rx = this.#rx
    const start = this.#rxConsumer
    let n = (Atomics.load(rx, this.#rxRing.producer) - start) | 0
    if (n === 0) return this.#nothing()
    if (n > max) n = max
    const first = this.#rxRing.desc
    const shift = this.#frameShift
    let bytes = 0
    for (let i = 0; i < n; i++) {
      const at = first + (((start + i) & this.#mask) << 2)
      const address = rx[at]!
      const length = rx[at + 2]!
      const p = this.#pool.packet(address >>> shift)
      p.off = address
      p.end = address + length
      p.port = this.#index
      p.type = packetType(p.mem, address, this.#mac)
      bytes += length
      out[i] = p
    }
    this.#rxConsumer = (start + n) | 0
    Atomics.store(rx, this.#rxRing.consumer, this.#rxConsumer)
    this.#counters.rxPackets += n
    this.#counters.rxBytes += bytes
    this.#emptyReceives = 0
    this.#refill()
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
    if (!fits || this.fault !== null || !this.#room()) {
      this.#counters.txDropped++
      this.#pool.free(q)
      return false
    }
    const at = this.#txRing.desc + ((this.#txProducer & this.#mask) << 2)
    this.#tx[at] = q.off
    this.#tx[at + 1] = 0
    this.#tx[at + 2] = length
    this.#tx[at + 3] = 0
    this.#txProducer = (this.#txProducer + 1) | 0
    this.#counters.txPackets++
    this.#counters.txBytes += length
    return true
  }

  flush(): void {
    this.#publish()
    if (this.pending) this.#kick()
    this.#reap()
  }

  /** True: packets are there to be received. */
  get waiting(): boolean {
    return this.fault === null && Atomics.load(this.#rx, this.#rxRing.producer) !== this.#rxConsumer
  }

  /** True: the kernel has not taken every frame yet. */
  get pending(): boolean {
    return this.fault === null && Atomics.load(this.#tx, this.#txRing.consumer) !== this.#txProducer
  }

  /** Sets `fault` where the interface has gone. */
  check(): void {
    if (this.fault === null && this.#native.xskCheck(this.fd) === ENXIO) this.#fail()
  }

  close(): void {
    if (this.#closed) return
    this.#readDropped()
    this.#closed = true
    this.#native.xskClose(this.#handle)
    this.fault ??= new ClickUpError('DRIVER', `port ${this.name} (${this.where}) is closed`)
  }

  #nothing(): number {
    if (this.#closed) return 0
    // The pool may have been empty when the last packets came.
    this.#refill()
    if (++this.#emptyReceives >= EMPTY_RECEIVES_CHECK) {
      this.#emptyReceives = 0
      this.check()
    }
    return 0
  }

  /** Lends frames to the kernel until the fill ring is full or the pool is empty. */
  #refill(): void {
    if (this.fault !== null) return
    const pool = this.#pool
    const fill = this.#fill
    const used = (this.#fillProducer - Atomics.load(fill, this.#fillRing.consumer)) | 0
    let n = this.#size - used
    if (n > pool.available) n = pool.available
    if (n === 0) return
    let at = this.#fillProducer
    for (let i = 0; i < n; i++) {
      const p = pool.alloc()!
      const word = this.#fillRing.desc + ((at & this.#mask) << 1)
      fill[word] = p.base
      fill[word + 1] = 0
      at = (at + 1) | 0
    }
    this.#fillProducer = at
    Atomics.store(fill, this.#fillRing.producer, at)
  }

  /** Room for one frame in the tx ring; where it is full the kernel is asked to send first. */
  #room(): boolean {
    const tx = this.#tx
    const consumer = this.#txRing.consumer
    if (((this.#txProducer - Atomics.load(tx, consumer)) | 0) < this.#size) return true
    this.flush()
    return ((this.#txProducer - Atomics.load(tx, consumer)) | 0) < this.#size
  }

  #publish(): void {
    if (this.#txPublished === this.#txProducer) return
    this.#txPublished = this.#txProducer
    Atomics.store(this.#tx, this.#txRing.producer, this.#txProducer)
  }

  /** One call sends a bounded number of frames (32 in copy mode): repeated while it gets on. */
  #kick(): void {
    const tx = this.#tx
    const at = this.#txRing.consumer
    for (let i = 0; i < KICKS_MAX; i++) {
      if ((Atomics.load(tx, this.#txRing.flags) & 1) === 0) return // the kernel is at it already
      const before = Atomics.load(tx, at)
      const error = this.#native.xskKick(this.fd)
      if (error === ENXIO) this.#fail()
      if (this.fault !== null) return
      const after = Atomics.load(tx, at)
      if (after === this.#txProducer || after === before) return
      this.#reap() // a full completion ring would stop it
    }
  }

  /** Takes sent frames back into the pool. */
  #reap(): void {
    const ring = this.#completion
    const start = this.#completionConsumer
    const n = (Atomics.load(ring, this.#completionRing.producer) - start) | 0
    if (n === 0) return
    const first = this.#completionRing.desc
    for (let i = 0; i < n; i++) {
      const address = ring[first + (((start + i) & this.#mask) << 1)]!
      this.#pool.free(this.#pool.packet(address >>> this.#frameShift))
    }
    this.#completionConsumer = (start + n) | 0
    Atomics.store(ring, this.#completionRing.consumer, this.#completionConsumer)
  }

  /** The interface has gone, and the socket with it: what the kernel has not touched comes back. */
  #fail(): void {
    this.fault = new ClickUpError(
      'INTERFACE',
      `port ${this.name}: interface ${this.where} has gone`,
      'the replica must be started again with an interface',
    )
    this.#reap()
    const { desc, consumer } = this.#txRing
    for (let i = Atomics.load(this.#tx, consumer); i !== this.#txProducer; i = (i + 1) | 0) {
      const at = desc + ((i & this.#mask) << 2)
      this.#counters.txPackets--
      this.#counters.txBytes -= this.#tx[at + 2]!
      this.#counters.txDropped++
      this.#pool.free(this.#pool.packet(this.#tx[at]! >>> this.#frameShift))
    }
    this.#txProducer = Atomics.load(this.#tx, consumer)
    const fill = this.#fillRing
    for (
      let i = Atomics.load(this.#fill, fill.consumer);
      i !== this.#fillProducer;
      i = (i + 1) | 0
    ) {
      const address = this.#fill[fill.desc + ((i & this.#mask) << 1)]!
      this.#pool.free(this.#pool.packet(address >>> this.#frameShift))
    }
    this.#fillProducer = Atomics.load(this.#fill, fill.consumer)
  }

  #readDropped(): void {
    this.#native.xskStatistics(this.fd, this.#statistics)
    // No frame to put it in, or no room in the rx ring. The fill ring's own count says the first again.
    this.#counters.rxDropped = this.#statistics[0]! + this.#statistics[3]!
  }
}
