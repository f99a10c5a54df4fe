// The xdp driver: AF_XDP sockets, one a port, on memory that all of them share, so that a packet goes
// from port to port without a copy of ours. A small XDP program on each interface redirects every
// packet of its queue into the socket. Copy mode: veth has no zero-copy.

import { availableParallelism } from 'node:os'
import { ClickUpError } from '../../lib/errors.ts'
import {
  FRAME_SIZE,
  POOL_FRAMES,
  XSK_BUSY_RETRIES,
  XSK_BUSY_RETRY_MS,
  XSK_RING_SIZE,
  XSK_RING_SIZE_MIN,
} from '../../lib/limits.ts'
import { isNativeError, type Native, native, nativeFile, systemError } from '../native/native.ts'
import { Pool } from '../packet.ts'
import type { Driver, DriverSpec, PortSpec } from './device.ts'
import { Spin, spinMsFor } from './spin.ts'
import { Waiter } from './waiter.ts'
import { XdpPort } from './xdp-port.ts'

export interface XdpOptions {
  /** Asks for zero-copy; interfaces that have none refuse it. */
  readonly zeroCopy?: boolean
  readonly queue?: number
  /** How long to look for packets before a sleep; left out: as the machine's processors allow. */
  readonly spinMs?: number
}

/** Opens all ports, or none. Throws ClickUpError. */
export function openXdp(spec: DriverSpec, options: XdpOptions = {}): Driver {
  const n = native()
  if (!n.features.bpf)
    throw new ClickUpError(
      'DRIVER',
      'the native addon was built without libbpf',
      "install libbpf-dev and clang, then run 'make native'",
    )
  const open = (): Driver => new XdpDriver(n, spec, options)
  try {
    return spec.netns === null ? open() : n.inNetns(spec.netns, open)
  } catch (error) {
    throw systemError(error)
  }
}

/** Frames that a ring of each port may hold: with receive and transmit of all ports, half of the pool. */
export function ringSizeFor(frames: number, ports: number): number {
  const share = Math.floor(frames / 2 / (2 * ports))
  return Math.min(XSK_RING_SIZE, 2 ** Math.floor(Math.log2(Math.max(1, share))))
}

/** Memory for packets, and the packets over it. */
interface Frames {
  readonly umem: object
  readonly pool: Pool
}

let prepared: Frames | null = null

/** Makes what the next driver of a service needs, before it is known which one that is. */
export function prepareXdp(): void {
  prepared ??= makeFrames(native(), POOL_FRAMES)
}

function takeFrames(n: Native, count: number): Frames {
  if (prepared?.pool.frames !== count) return makeFrames(n, count)
  const frames = prepared
  prepared = null
  return frames
}

function makeFrames(n: Native, count: number): Frames {
  const umem = n.umemOpen(count * FRAME_SIZE)
  return { umem: umem.handle, pool: new Pool(count, new Uint8Array(umem.memory)) }
}

class XdpDriver implements Driver {
  readonly name = 'xdp'
  readonly blocking = true
  readonly pool: Pool
  readonly ports: readonly XdpPort[]
  readonly wakeFd: number
  onReadable: (() => void) | null = null
  readonly #native: Native
  readonly #umem: object
  readonly #redirects: object[] = []
  readonly #waiter: Waiter
  readonly #spin: Spin
  #closed = false

  constructor(n: Native, spec: DriverSpec, options: XdpOptions) {
    const ringSize = ringSizeFor(spec.frames, spec.ports.length)
    if (ringSize < XSK_RING_SIZE_MIN)
      throw new ClickUpError(
        'LIMIT',
        `${spec.frames} frames are too few for ${spec.ports.length} ports`,
        `give at least ${XSK_RING_SIZE_MIN * 4 * spec.ports.length}`,
      )
    this.#native = n
    this.#spin = new Spin(options.spinMs ?? spinMsFor(availableParallelism()))
    const frames = takeFrames(n, spec.frames)
    this.#umem = frames.umem
    this.pool = frames.pool
    const ports: XdpPort[] = []
    this.ports = ports
    try {
      for (const port of spec.ports) ports.push(this.#openPort(port, ringSize, options))
      this.#waiter = new Waiter(
        n,
        ports.map((port) => port.fd),
      )
      this.wakeFd = this.#waiter.wakeFd
    } catch (error) {
      this.#release()
      throw error
    }
  }

  wait(timeoutMs: number): void {
    if (!this.#spin.ever) {
      this.#waiter.waitFor(this.ports, timeoutMs)
      return
    }
    const startMs = performance.now()
    if (timeoutMs > 0 && this.#look(startMs)) return
    this.#waiter.waitFor(this.ports, timeoutMs)
    this.#spin.came(this.#waiting() ? performance.now() - startMs : Infinity)
  }

  /** Looks for packets without sleeping, while that is worth it; true: there are some. */
  #look(startMs: number): boolean {
    const { ms } = this.#spin
    if (ms === 0 || this.ports.some((port) => port.pending)) return false
    for (let now = startMs; now - startMs < ms; now = performance.now()) {
      if (!this.#waiting()) continue
      this.#spin.came(now - startMs)
      return true
    }
    return false
  }

  #waiting(): boolean {
    for (let i = 0; i < this.ports.length; i++) if (this.ports[i]!.waiting) return true
    return false
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#waiter.close()
    this.#release()
  }

  /** The program first: no packet comes for a socket that goes. The memory last: sockets point into it. */
  #release(): void {
    for (const redirect of this.#redirects) this.#native.redirectClose(redirect)
    for (const port of this.ports) port.close()
    this.#native.umemClose(this.#umem)
  }

  #openPort(spec: PortSpec, ringSize: number, options: XdpOptions): XdpPort {
    const n = this.#native
    const { interface: where } = spec
    if (where === undefined)
      throw new ClickUpError('INTERFACE', `port ${spec.name}: the xdp driver needs an interface`)
    const { mac, mtu, up, queues } = n.interfaceInfo(where)
    if (!up)
      throw new ClickUpError(
        'INTERFACE',
        `port ${spec.name}: interface ${where} is down`,
        `ip link set ${where} up`,
      )
    const queue = options.queue ?? 0
    // Packets of the other queues would go past us, to the kernel's stack.
    if (queues > 1 && options.queue === undefined)
      throw new ClickUpError(
        'INTERFACE',
        `port ${spec.name}: interface ${where} has ${queues} receive queues; xdp reads one`,
        `ethtool -L ${where} combined 1 (veth: rx 1)`,
      )
    const redirect = openRedirect(n, spec.name, where, mtu)
    this.#redirects.push(redirect.handle)
    const share = this.ports[0]?.fd ?? -1
    const xsk = retryBusy(() =>
      n.xskOpen(this.#umem, share, where, queue, ringSize, FRAME_SIZE, options.zeroCopy === true),
    )
    const index = this.ports.length
    const port = new XdpPort(n, this.pool, xsk, {
      name: spec.name,
      where,
      index,
      mac,
      mtu,
      ringSize,
    })
    n.redirectSet(redirect.handle, queue, xsk.fd)
    return port
  }
}

/** The program on an interface. Throws INTERFACE where its MTU, or that of a veth's peer, is too large. */
function openRedirect(n: Native, port: string, where: string, mtu: number) {
  try {
    return n.redirectOpen(nativeFile('xsk_redirect.bpf.o'), where)
  } catch (error) {
    if (!isNativeError(error) || error.code !== 'ERANGE') throw error
    throw new ClickUpError(
      'INTERFACE',
      `port ${port}: interface ${where} has an MTU of ${mtu}; that, or its peer's, is too large for XDP`,
      `ip link set dev ${where} mtu 1500, at both ends of a veth pair; or use the packet driver`,
    )
  }
}

/** The kernel lets go of a closed socket's queue some time after close: EBUSY until then. */
export function retryBusy<T>(open: () => T): T {
  const cell = new Int32Array(new SharedArrayBuffer(4))
  for (let i = 0; ; i++) {
    try {
      return open()
    } catch (error) {
      if (!isNativeError(error) || error.code !== 'EBUSY' || i >= XSK_BUSY_RETRIES) throw error
      Atomics.wait(cell, 0, 0, XSK_BUSY_RETRY_MS)
    }
  }
}
