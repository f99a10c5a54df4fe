// The steering loop of the udp driver: a worker thread with two sockets a port. What it decides for
// a frame is what dataplane/xdp/steer.bpf.c decides; counters have the same names and meaning.

import { createSocket, type Socket } from 'node:dgram'
import { parentPort, workerData } from 'node:worker_threads'
import { failpoint } from '../../lib/failpoint.ts'
import { encodeFence } from '../../lib/fence.ts'
import { UDP_BUFFER_BYTES } from '../../lib/limits.ts'
import {
  KIND_PLAIN,
  KIND_SHIFT,
  STEER_ARP_REPLY,
  STEER_FENCE,
  STEER_TRUNCATED,
  type SteerKey,
  steer,
} from '../../lib/steer.ts'
import { NOBODY, REASONS, type Reason } from './steering.ts'

export interface WorkerPort {
  readonly listen: number
  readonly peer: number
  readonly key: SteerKey
}

export interface WorkerSetup {
  readonly ports: readonly WorkerPort[]
  readonly bucketsLog2: number
}

export type WorkerRequest =
  | { readonly kind: 'open' }
  /** Where the replica in a slot listens, by service port; null: nowhere. */
  | { readonly kind: 'slot'; readonly slot: number; readonly ports: readonly number[] | null }
  | {
      readonly kind: 'flip'
      readonly move: number
      readonly epoch: number
      /** Null: only the fences. */
      readonly slots: Uint32Array | null
      readonly fenceSlot: number | null
    }
  | { readonly kind: 'counters' }
  | { readonly kind: 'close' }

export interface WorkerCounters {
  /** By port, in the order of REASONS. */
  readonly reasons: readonly Float64Array[]
  readonly sent: readonly number[]
  readonly unsent: readonly number[]
  readonly buckets: Float64Array
}

export interface WorkerReply {
  readonly id: number
  readonly error: { readonly port: number; readonly code: string; readonly message: string } | null
  /** open: where replicas send to, by service port. */
  readonly ports?: readonly number[]
  readonly swapUs?: number
  readonly counters?: WorkerCounters
}

const LOOPBACK = '127.0.0.1'
const AT = Object.fromEntries(REASONS.map((r, i) => [r, i])) as Record<Reason, number>

class SteerPort {
  readonly port: WorkerPort
  readonly reasons = new Float64Array(REASONS.length)
  sent = 0
  unsent = 0
  readonly #loop: SteerLoop
  readonly #wire = loopbackSocket()
  readonly #inner = loopbackSocket()
  readonly #unsent = (error: Error | null): void => {
    if (error !== null) this.unsent++
  }
  /** Where the replica in a slot listens; 0: nobody there. */
  readonly #listens: number[] = []

  constructor(loop: SteerLoop, port: WorkerPort) {
    this.#loop = loop
    this.port = port
    this.#wire.on('message', (frame) => this.#fromWire(frame))
    this.#inner.on('message', (frame) => this.#toWire(frame))
  }

  /** Returns the port of the inner socket. */
  async open(): Promise<number> {
    await bind(this.#wire, this.port.listen)
    await bind(this.#inner, 0)
    return this.#inner.address().port
  }

  close(): void {
    this.#wire.close()
    this.#inner.close()
  }

  setSlot(slot: number, listen: number): void {
    while (this.#listens.length <= slot) this.#listens.push(0)
    this.#listens[slot] = listen
  }

  /** False: nobody is in that slot. */
  toSlot(slot: number, frame: Uint8Array): boolean {
    const listen = slot < this.#listens.length ? this.#listens[slot]! : 0
    if (listen === 0) return false
    this.#inner.send(frame, listen, LOOPBACK)
    return true
  }

  #toWire(frame: Uint8Array): void {
    this.sent++
    this.#wire.send(frame, this.port.peer, LOOPBACK, this.#unsent)
  }

  #fromWire(frame: Uint8Array): void {
    const { buckets, bucketsLog2, slots } = this.#loop
    const r = steer(frame, 0, frame.length, this.port.key, bucketsLog2)
    const reasons = this.reasons
    if (r === STEER_FENCE) {
      reasons[AT.fence]!++
      return
    }
    if (r === STEER_ARP_REPLY) {
      reasons[AT.arp_reply_all]!++
      for (let slot = 0; slot < this.#listens.length; slot++) this.toSlot(slot, frame)
      return
    }
    const bucket = r & 0xffff
    if (r >= 0) buckets[bucket]!++
    const slot = slots[r < 0 ? slots.length - 1 : bucket]!
    if (slot === NOBODY || !this.toSlot(slot, frame)) {
      reasons[AT.no_owner]!++
      return
    }
    if (r < 0) {
      reasons[r === STEER_TRUNCATED ? AT.truncated : AT.non_ip_primary]!++
      return
    }
    reasons[AT.redirected]!++
    const kind = r >> KIND_SHIFT
    if (kind !== KIND_PLAIN) reasons[AT.fragment + kind - 1]!++
  }
}

class SteerLoop {
  readonly bucketsLog2: number
  readonly buckets: Float64Array
  slots: Uint32Array
  readonly #ports: readonly SteerPort[]

  constructor(setup: WorkerSetup) {
    const count = 1 << setup.bucketsLog2
    this.bucketsLog2 = setup.bucketsLog2
    this.buckets = new Float64Array(count)
    this.slots = new Uint32Array(count + 1).fill(NOBODY)
    this.#ports = setup.ports.map((port) => new SteerPort(this, port))
  }

  async answer(id: number, request: WorkerRequest): Promise<WorkerReply> {
    switch (request.kind) {
      case 'open':
        return await this.#open(id)
      case 'slot':
        this.#ports.forEach((port, i) => {
          port.setSlot(request.slot, request.ports?.[i] ?? 0)
        })
        return { id, error: null }
      case 'flip':
        return { id, error: null, swapUs: this.#flip(request) }
      case 'counters':
        return { id, error: null, counters: this.#counters() }
      case 'close':
        for (const port of this.#ports) port.close()
        return { id, error: null }
    }
  }

  async #open(id: number): Promise<WorkerReply> {
    const ports: number[] = []
    for (const [i, port] of this.#ports.entries()) {
      try {
        ports.push(await port.open())
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException
        return { id, error: { port: i, code: code ?? '', message } }
      }
    }
    return { id, error: null, ports }
  }

  /** Frames steered by the old table are in the sockets already: a fence sent now is behind them. */
  #flip(request: WorkerRequest & { kind: 'flip' }): number {
    const start = performance.now()
    if (request.slots !== null) this.slots = request.slots
    const swapUs = (performance.now() - start) * 1000
    if (request.slots !== null) failpoint('agent.after_swap')
    const { move, epoch, fenceSlot } = request
    if (fenceSlot !== null)
      this.#ports.forEach((port, i) => {
        port.toSlot(fenceSlot, encodeFence({ move, epoch, port: i }))
      })
    return request.slots === null ? 0 : swapUs
  }

  #counters(): WorkerCounters {
    return {
      reasons: this.#ports.map((p) => p.reasons),
      sent: this.#ports.map((p) => p.sent - p.unsent),
      unsent: this.#ports.map((p) => p.unsent),
      buckets: this.buckets,
    }
  }
}

/**
 * A socket that sends within the call: dgram's own look-up of an address would wait a tick, and a
 * number needs none. A replica that is gone refuses datagrams; that is no fault of the socket.
 */
function loopbackSocket(): Socket {
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: UDP_BUFFER_BYTES,
    sendBufferSize: UDP_BUFFER_BYTES,
    lookup: (host, _options, done) => done(null, host, 4),
  })
  socket.on('error', () => {})
  return socket
}

async function bind(socket: Socket, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, LOOPBACK, () => {
      socket.removeListener('error', reject)
      resolve()
    })
  })
}

if (parentPort !== null) {
  const port = parentPort
  const loop = new SteerLoop(workerData as WorkerSetup)
  port.on('message', (message: { id: number; request: WorkerRequest }) => {
    void loop.answer(message.id, message.request).then((reply) => port.postMessage(reply))
  })
}
