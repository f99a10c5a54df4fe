// Steering in user space, for the udp driver: a frame is a datagram on 127.0.0.1, a service's port
// is written `udp:LISTEN:PEER` (frames from the wire come to LISTEN, frames to the wire go to
// PEER).
//
//   wire ──▶ LISTEN  ┌─────────────┐  inner ──▶ replica 1: listen
//   wire ◀── PEER    │ worker: one │  inner ◀── replicas' frames (all to this one socket,
//                    │ a service   │            so that they stay in order across a move)
//                    └─────────────┘
//
// The loop runs in a worker thread (userspace-worker.ts), so that the agent's other work does not
// delay frames. A flip is one message to it: it is between two datagrams, and everything steered
// before is in the replicas' sockets already. Fences follow through the same socket.

import { Worker } from 'node:worker_threads'
import type { DriverSpec } from '../../dataplane/io/device.ts'
import { ClickUpError } from '../../lib/errors.ts'
import { freePorts } from '../../lib/free-ports.ts'
import { POOL_FRAMES } from '../../lib/limits.ts'
import { STEER_KEYS } from '../../lib/steer.ts'
import { attachedAlready, checkSpec, notAttached, Ownership } from './ownership.ts'
import {
  type FlipRequest,
  type FlipResult,
  reasonCounts,
  type ServiceSpec,
  type Steering,
  type SteeringCounters,
  sumReasons,
} from './steering.ts'
import type { WorkerPort, WorkerReply, WorkerRequest, WorkerSetup } from './userspace-worker.ts'

export function createUdpSteering(): Steering {
  return new UdpSteering()
}

class UdpSteering implements Steering {
  readonly driver = 'udp'
  readonly #services = new Map<string, UdpService>()
  #last: Promise<unknown> = Promise.resolve()

  attachService(spec: ServiceSpec): Promise<void> {
    return this.#next(async () => {
      checkSpec(spec)
      if (this.#services.has(spec.service)) throw attachedAlready(spec.service)
      this.#services.set(spec.service, await UdpService.attach(spec))
    })
  }

  detachService(name: string): Promise<void> {
    return this.#next(async () => {
      await this.#services.get(name)?.detach()
      this.#services.delete(name)
    })
  }

  attachReplica(service: string, replica: number): Promise<DriverSpec> {
    return this.#next(() => this.#get(service).attachReplica(replica))
  }

  detachReplica(service: string, replica: number): Promise<void> {
    return this.#next(async () => {
      await this.#services.get(service)?.detachReplica(replica)
    })
  }

  flip(request: FlipRequest): Promise<FlipResult> {
    return this.#next(() => this.#get(request.service).flip(request))
  }

  counters(service: string): Promise<SteeringCounters> {
    return this.#next(() => this.#get(service).counters())
  }

  owners(service: string): { epoch: number; owners: Uint32Array } {
    return this.#get(service).owners()
  }

  check(service: string): ClickUpError | null {
    return this.#get(service).fault
  }

  close(): Promise<void> {
    return this.#next(async () => {
      for (const service of this.#services.values()) await service.detach()
      this.#services.clear()
    })
  }

  #get(name: string): UdpService {
    const service = this.#services.get(name)
    if (service === undefined) throw notAttached(name)
    return service
  }

  /** Runs `fn` after everything that was asked for before. */
  #next<T>(fn: () => Promise<T>): Promise<T> {
    const result = this.#last.then(fn)
    this.#last = result.catch(() => {})
    return result
  }
}

class UdpService {
  /** Why the worker ended by itself, if it did. */
  fault: ClickUpError | null = null
  readonly #spec: ServiceSpec
  readonly #ownership: Ownership
  readonly #worker: Worker
  readonly #waiting = new Map<number, (reply: WorkerReply) => void>()
  readonly #listens = new Map<number, readonly number[]>()
  /** Port of the worker's inner socket, by service port. */
  #inner: readonly number[] = []
  #nextId = 1

  private constructor(spec: ServiceSpec, ports: readonly WorkerPort[]) {
    this.#spec = spec
    this.#ownership = new Ownership(spec.service, spec.bucketsLog2)
    const setup: WorkerSetup = { ports, bucketsLog2: spec.bucketsLog2 }
    const file = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const url = new URL(`./userspace-worker.${file}`, import.meta.url)
    this.#worker = new Worker(url, { workerData: setup })
    this.#worker.on('message', (reply: WorkerReply) => {
      this.#waiting.get(reply.id)?.(reply)
      this.#waiting.delete(reply.id)
    })
    this.#worker.on('error', (error) => this.#ended(error.message))
    this.#worker.on('exit', (code) => this.#ended(`exit code ${code}`))
  }

  static async attach(spec: ServiceSpec): Promise<UdpService> {
    const service = new UdpService(spec, spec.ports.map(parsePort))
    try {
      const reply = await service.#ask({ kind: 'open' })
      service.#inner = reply.ports ?? []
      return service
    } catch (error) {
      await service.detach()
      throw error
    }
  }

  async detach(): Promise<void> {
    if (this.fault === null) await this.#ask({ kind: 'close' }).catch(() => {})
    this.#worker.removeAllListeners('exit')
    await this.#worker.terminate()
  }

  async attachReplica(replica: number): Promise<DriverSpec> {
    if (!this.#listens.has(replica)) {
      const slot = this.#ownership.add(replica)
      try {
        const ports = await freePorts(this.#spec.ports.length)
        await this.#ask({ kind: 'slot', slot, ports })
        this.#listens.set(replica, ports)
      } catch (error) {
        this.#ownership.remove(replica)
        throw error
      }
    }
    const listens = this.#listens.get(replica)!
    return {
      driver: 'udp',
      netns: null,
      ports: this.#spec.ports.map((port, i) => ({
        name: port.name,
        listen: listens[i]!,
        peer: this.#inner[i]!,
      })),
      frames: POOL_FRAMES,
    }
  }

  async detachReplica(replica: number): Promise<void> {
    if (!this.#listens.delete(replica)) return
    const slot = this.#ownership.slot(replica)
    this.#ownership.remove(replica)
    if (slot !== null && this.fault === null) await this.#ask({ kind: 'slot', slot, ports: null })
  }

  async flip(request: FlipRequest): Promise<FlipResult> {
    const slots = this.#ownership.decide(request)
    const { move, epoch, fenceTo } = request
    const fenceSlot = fenceTo === null ? null : this.#ownership.slot(fenceTo)
    const reply = await this.#ask({ kind: 'flip', move, epoch, slots, fenceSlot })
    if (slots !== null) this.#ownership.commit(request)
    return { swapUs: reply.swapUs ?? 0, fences: fenceSlot === null ? 0 : this.#spec.ports.length }
  }

  async counters(): Promise<SteeringCounters> {
    const { reasons, sent, unsent, buckets } = (await this.#ask({ kind: 'counters' })).counters!
    const ports = this.#spec.ports.map((port, i) => {
      const one = { reasons: reasonCounts(reasons[i]!), sent: sent[i]!, unsent: unsent[i]! }
      return [port.name, one] as const
    })
    return {
      reasons: sumReasons(ports.map(([, p]) => p.reasons)),
      buckets,
      ports: Object.fromEntries(ports),
    }
  }

  owners(): { epoch: number; owners: Uint32Array } {
    return { epoch: this.#ownership.epoch, owners: this.#ownership.owners }
  }

  #ended(why: string): void {
    this.fault ??= new ClickUpError(
      'INTERNAL',
      `service '${this.#spec.service}': the steering thread has ended (${why})`,
      'deploy the service again',
    )
    for (const [id, done] of this.#waiting) done({ id, error: null })
    this.#waiting.clear()
  }

  async #ask(request: WorkerRequest): Promise<WorkerReply> {
    if (this.fault !== null) throw this.fault
    const id = this.#nextId++
    const reply = await new Promise<WorkerReply>((resolve) => {
      this.#waiting.set(id, resolve)
      this.#worker.postMessage({ id, request })
    })
    if (this.fault !== null) throw this.fault
    if (reply.error === null) return reply
    const { port, code, message } = reply.error
    const where = `port '${this.#spec.ports[port]!.name}', ${this.#spec.ports[port]!.interface}`
    throw new ClickUpError(
      'INTERFACE',
      `service '${this.#spec.service}', ${where}: ${message}`,
      code === 'EADDRINUSE'
        ? 'another agent, or another service, listens there'
        : 'choose other ports in the service file',
    )
  }
}

function parsePort(port: ServiceSpec['ports'][number]): WorkerPort {
  const match = /^udp:(\d{1,5}):(\d{1,5})$/.exec(port.interface)
  const [listen, peer] = [Number(match?.[1]), Number(match?.[2])]
  if (match === null || listen < 1 || listen > 65535 || peer < 1 || peer > 65535)
    throw new ClickUpError(
      'INTERFACE',
      `port '${port.name}': '${port.interface}' is not udp:LISTEN:PEER`,
      'with the udp driver a port is two loopback ports, say udp:47001:47002',
    )
  return { listen, peer, key: STEER_KEYS[port.key] }
}
