// The BPF programs and maps of one service: loaded before anything is touched, then attached. No
// policy: which slot owns what comes from ownership.ts.
//
// One instance of the steering and of the egress program a port, so that what a port's key is, and
// how many buckets there are, are constants to the kernel's compiler. The owner table and the
// bucket counters are shared by all ports.

import { type Native, native, nativeFile, systemError } from '../../dataplane/native/native.ts'
import { STEER_KEYS } from '../../lib/steer.ts'
import { setExpedited } from '../expedited.ts'
import {
  REASONS,
  reasonCounts,
  type ServiceSpec,
  type SteeringCounters,
  sumReasons,
} from './steering.ts'

/** Reasons of egress.bpf.c: sent on, or dropped because the interface is gone. */
const EGRESS_REASONS = 2

interface PortPrograms {
  readonly name: string
  readonly steer: object
  readonly egress: object
}

export class ServicePrograms {
  readonly #n: Native
  readonly #ports: PortPrograms[] = []
  readonly #names: readonly string[]
  readonly #buckets: number
  readonly #cpus: number

  /** Loads everything; throws with nothing left. `wires` are the service's interfaces, by port. */
  constructor(spec: ServiceSpec, wires: readonly number[]) {
    this.#n = native()
    this.#names = spec.ports.map((p) => p.name)
    this.#buckets = 1 << spec.bucketsLog2
    this.#cpus = this.#n.bpfPossibleCpus()
    try {
      spec.ports.forEach((_, i) => {
        this.#load(spec, i, wires[i]!)
      })
    } catch (error) {
      this.close()
      throw systemError(error)
    }
  }

  steerFd(port: number): number {
    return this.#n.bpfProgramFd(this.#ports[port]!.steer, 'cu_steer')
  }

  egressFd(port: number): number {
    return this.#n.bpfProgramFd(this.#ports[port]!.egress, 'cu_egress')
  }

  passFd(port: number): number {
    return this.#n.bpfProgramFd(this.#ports[port]!.egress, 'cu_pass')
  }

  /** Says where a slot's frames of a port go: the host side of the replica's veth; null: nowhere.
   * */
  setSlot(port: number, slot: number, ifindex: number | null): void {
    const fd = this.#n.bpfMapFd(this.#ports[port]!.steer, 'replicas')
    const key = Uint32Array.of(slot)
    if (ifindex === null) this.#n.bpfMapDelete(fd, key)
    else this.#n.bpfMapUpdate(fd, key, Uint32Array.of(ifindex), 'replicas')
  }

  /**
   * Puts another owner table in force: one system call, which returns when no frame is still being
   * steered by the old one. Returns how long that took, in microseconds.
   */
  swap(slots: Uint32Array): number {
    const inner = this.#n.bpfArrayCreate('cu_owners', 4, this.#buckets + 1)
    try {
      this.#n.bpfArrayWrite(inner, slots)
      const outer = this.#n.bpfMapFd(this.#ports[0]!.steer, 'owners')
      return expedited(() => {
        const start = process.hrtime.bigint()
        this.#n.bpfMapUpdate(outer, Uint32Array.of(0), Uint32Array.of(inner), 'owners')
        return Number(process.hrtime.bigint() - start) / 1000
      })
    } finally {
      this.#n.closeFd(inner)
    }
  }

  counters(): SteeringCounters {
    const ports = this.#ports.map((port) => {
      const sent = this.#read(port.egress, 'sent', EGRESS_REASONS)
      const reasons = reasonCounts(this.#read(port.steer, 'reasons', REASONS.length))
      return [port.name, { reasons, sent: sent[0]!, unsent: sent[1]! }] as const
    })
    return {
      reasons: sumReasons(ports.map(([, p]) => p.reasons)),
      buckets: this.#read(this.#ports[0]!.steer, 'buckets', this.#buckets),
      ports: Object.fromEntries(ports),
    }
  }

  /** Closes maps and programs. What is attached to an interface stays there. */
  close(): void {
    for (const port of this.#ports.splice(0)) {
      this.#n.bpfClose(port.steer)
      this.#n.bpfClose(port.egress)
    }
  }

  #load(spec: ServiceSpec, port: number, wire: number): void {
    const first = this.#ports[0]
    const shared = (map: string) => this.#n.bpfMapFd(first!.steer, map)
    const steer = this.#n.bpfLoad(
      nativeFile('steer.bpf.o'),
      {
        config_key: STEER_KEYS[spec.ports[port]!.key],
        config_buckets_log2: spec.bucketsLog2,
      },
      first === undefined ? { buckets: this.#buckets } : {},
      first === undefined ? { owners: this.#buckets + 1 } : {},
      first === undefined ? {} : { owners: shared('owners'), buckets: shared('buckets') },
    )
    let egress: object
    try {
      egress = this.#n.bpfLoad(nativeFile('egress.bpf.o'), {}, {}, {}, {})
    } catch (error) {
      this.#n.bpfClose(steer)
      throw error
    }
    this.#ports.push({ name: this.#names[port]!, steer, egress })
    const fd = this.#n.bpfMapFd(egress, 'wire')
    this.#n.bpfMapUpdate(fd, Uint32Array.of(0), Uint32Array.of(wire), 'wire')
  }

  /** An array map with a counter for each CPU, summed over them. */
  #read(object: object, map: string, entries: number): Float64Array {
    const values = new BigUint64Array(entries * this.#cpus)
    this.#n.bpfArrayRead(this.#n.bpfMapFd(object, map), values)
    const sums = new Float64Array(entries)
    for (let i = 0; i < entries; i++)
      for (let cpu = 0; cpu < this.#cpus; cpu++) sums[i]! += Number(values[i * this.#cpus + cpu]!)
    return sums
  }
}

/**
 * Runs `fn` with expedited grace periods: a swap then takes well below a millisecond. The switch is
 * the whole system's, so it is on only for this long; where it cannot be set, the swap is slower.
 */
function expedited<T>(fn: () => T): T {
  const mine = setExpedited('0', '1')
  try {
    return fn()
  } finally {
    if (mine) setExpedited('1', '0')
  }
}
