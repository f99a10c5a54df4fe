// Steering in the kernel: the xdp driver's way (also that of the packet driver's replicas, whose
// sockets need no XDP of their own). The programs are in dataplane/xdp.
//
// Order of things, so that a failure at any point can be undone and nothing is half-applied:
//   attach   locks, leftovers of a crash, load everything, then put it on the interfaces
//   detach   off the interfaces first: no frame is steered into what is being taken apart
// One operation at a time; a flip itself is one turn of the event loop.

import type { DriverSpec } from '../../dataplane/io/device.ts'
import { native } from '../../dataplane/native/native.ts'
import { ClickUpError } from '../../lib/errors.ts'
import { hostPrefix } from './links.ts'
import { attachedAlready, checkSpec, notAttached } from './ownership.ts'
import type {
  FlipRequest,
  FlipResult,
  ServiceSpec,
  Steering,
  SteeringCounters,
} from './steering.ts'
import { XdpService } from './xdp-service.ts'

export interface XdpSteeringOptions {
  /** What the replicas open on their side. Default 'xdp'. */
  readonly replicaDriver?: 'xdp' | 'packet'
  /** Start of the names of namespaces. Default: one for each network namespace, see links.ts. */
  readonly prefix?: string
  /** Told about what was found and removed of a crashed agent, and which mode XDP runs in. */
  readonly note?: (text: string) => void
}

/** Throws DRIVER where BPF cannot be used here. */
export function createXdpSteering(options: XdpSteeringOptions = {}): Steering {
  if (!native().features.bpf)
    throw new ClickUpError(
      'DRIVER',
      'the addon was built without libbpf, which the xdp driver needs',
      "install libbpf-dev and clang, then 'make build'; or choose the udp driver",
    )
  return new XdpSteering(options)
}

class XdpSteering implements Steering {
  readonly driver: 'xdp' | 'packet'
  readonly #options: Required<XdpSteeringOptions>
  readonly #services = new Map<string, XdpService>()
  #last: Promise<unknown> = Promise.resolve()
  /** Sends fences. Opened when first needed, kept: closing one waits for a grace period. */
  #frames = -1

  constructor(options: XdpSteeringOptions) {
    this.driver = options.replicaDriver ?? 'xdp'
    this.#options = {
      replicaDriver: this.driver,
      prefix: options.prefix ?? hostPrefix(),
      note: options.note ?? (() => {}),
    }
  }

  attachService(spec: ServiceSpec): Promise<void> {
    return this.#next(async () => {
      checkSpec(spec)
      if (this.#services.has(spec.service)) throw attachedAlready(spec.service)
      const service = await XdpService.attach(spec, this.#options)
      this.#services.set(spec.service, service)
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
    return this.#next(async () => {
      if (this.#frames < 0) this.#frames = native().frameSocket()
      return await this.#get(request.service).flip(request, this.#frames)
    })
  }

  counters(service: string): Promise<SteeringCounters> {
    return this.#next(async () => this.#get(service).counters())
  }

  owners(service: string): { epoch: number; owners: Uint32Array } {
    return this.#get(service).owners()
  }

  check(service: string): ClickUpError | null {
    return this.#get(service).check()
  }

  close(): Promise<void> {
    return this.#next(async () => {
      for (const [name, service] of this.#services) {
        await service.detach()
        this.#services.delete(name)
      }
      if (this.#frames >= 0) native().closeFd(this.#frames)
      this.#frames = -1
    })
  }

  #get(name: string): XdpService {
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
