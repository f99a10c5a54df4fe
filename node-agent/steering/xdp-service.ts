// One service on this host's interfaces: its programs, its replicas' links, its owner table.

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DriverSpec } from '../../dataplane/io/device.ts'
import { native, systemError } from '../../dataplane/native/native.ts'
import { ClickUpError } from '../../lib/errors.ts'
import { failpoint } from '../../lib/failpoint.ts'
import { encodeFence } from '../../lib/fence.ts'
import { FENCE_TRIES, POOL_FRAMES } from '../../lib/limits.ts'
import {
  LinkNames,
  linkIndex,
  listLinks,
  makeLinks,
  removeLeftovers,
  removeLinks,
} from './links.ts'
import { type Lock, takeLock } from './lock.ts'
import { Ownership } from './ownership.ts'
import {
  type FlipRequest,
  type FlipResult,
  NOBODY,
  type ServiceSpec,
  type SteeringCounters,
} from './steering.ts'
import type { Wire } from './wire.ts'
import * as wires from './wire.ts'
import type { XdpSteeringOptions } from './xdp.ts'
import { ServicePrograms } from './xdp-programs.ts'

const ENOBUFS = 105

type Options = Required<XdpSteeringOptions>

export class XdpService {
  readonly #spec: ServiceSpec
  readonly #options: Options
  readonly #names: LinkNames
  readonly #ownership: Ownership
  readonly #replicas = new Map<number, readonly number[]>()
  /** What `detach` undoes, the last first. */
  readonly #undo: (() => Promise<void> | void)[] = []
  #wires: readonly Wire[] = []
  #programs: ServicePrograms | null = null

  private constructor(spec: ServiceSpec, options: Options) {
    this.#spec = spec
    this.#options = options
    this.#names = new LinkNames(options.prefix, spec.service)
    this.#ownership = new Ownership(spec.service, spec.bucketsLog2)
  }

  /** All or nothing. */
  static async attach(spec: ServiceSpec, options: Options): Promise<XdpService> {
    const service = new XdpService(spec, options)
    try {
      await service.#attach()
      return service
    } catch (error) {
      await service.detach()
      throw systemError(error)
    }
  }

  async #attach(): Promise<void> {
    const { service, ports } = this.#spec
    await this.#lock(`service/${this.#options.prefix}/${service}`, `service '${service}'`)
    const links = await listLinks()
    this.#wires = ports.map((port) => wires.findWire(links, port.interface, port.name))
    for (const wire of this.#wires)
      await this.#lock(`interface/${wire.ifindex}`, `interface '${wire.name}'`)
    for (const name of await removeLeftovers(this.#names))
      this.#options.note(`service '${service}': removed '${name}', left by an agent that is gone`)
    for (const wire of this.#wires)
      if (wires.removeOldProgram(wire))
        this.#options.note(`interface '${wire.name}': removed the program of an agent that is gone`)
    const programs = new ServicePrograms(
      this.#spec,
      this.#wires.map((w) => w.ifindex),
    )
    this.#programs = programs
    this.#undo.push(() => programs.close())
    this.#undo.push(() => this.#detachReplicas())
    programs.swap(new Uint32Array(this.#ownership.buckets + 1).fill(NOBODY))
    for (const [i, wire] of this.#wires.entries()) await this.#take(wire, programs.steerFd(i))
  }

  async #lock(name: string, what: string): Promise<void> {
    const lock: Lock | null = await takeLock(name)
    if (lock === null)
      throw new ClickUpError(
        'RUNNING',
        `${what} is steered by another agent on this host, or by another service`,
        'stop that agent, or undeploy that service',
      )
    this.#undo.push(() => lock.release())
  }

  async #take(wire: Wire, program: number): Promise<void> {
    this.#undo.push(await wires.openWire(wire))
    const { generic, reason } = wires.attachProgram(wire.ifindex, wire.name, program)
    this.#undo.push(() => wires.detachProgram(wire.ifindex, wire.name, program, generic))
    const mode = generic ? `generic XDP (its driver refuses: ${reason})` : 'native XDP'
    this.#options.note(`interface '${wire.name}': ${mode}`)
  }

  /**
   * Off the interfaces first, then the replicas' links, then maps and locks: the reverse of attach.
   * Also undoes what a failed attach had done. Goes on after a failure and throws the first.
   */
  async detach(): Promise<void> {
    const failures: unknown[] = []
    for (const undo of this.#undo.splice(0).reverse()) {
      try {
        await undo()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  async #detachReplicas(): Promise<void> {
    for (const replica of [...this.#replicas.keys()]) await this.detachReplica(replica)
  }

  async attachReplica(replica: number): Promise<DriverSpec> {
    if (!this.#replicas.has(replica)) await this.#addReplica(replica)
    return {
      driver: this.#options.replicaDriver,
      netns: this.#names.netnsPath(replica),
      ports: this.#spec.ports.map((port, i) => ({
        name: port.name,
        interface: this.#names.inside(i),
      })),
      frames: POOL_FRAMES,
    }
  }

  async #addReplica(replica: number): Promise<void> {
    const programs = this.#programs
    assert(programs !== null)
    const slot = this.#ownership.add(replica)
    try {
      const mtus = this.#wires.map((w) => w.mtu)
      const hosts = await makeLinks(this.#names, replica, mtus)
      this.#replicas.set(replica, hosts)
      hosts.forEach((ifindex, port) => {
        const name = this.#names.host(replica, port)
        wires.attachProgram(ifindex, name, programs.egressFd(port))
        if (this.#options.replicaDriver === 'packet') this.#passInside(replica, port)
        programs.setSlot(port, slot, ifindex)
      })
    } catch (error) {
      this.#replicas.set(replica, [])
      await this.detachReplica(replica)
      throw systemError(error)
    }
  }

  /** An AF_PACKET socket brings no program, and a veth takes redirected frames only with one. */
  #passInside(replica: number, port: number): void {
    native().inNetns(this.#names.netnsPath(replica), () => {
      const name = this.#names.inside(port)
      const ifindex = native().interfaceInfo(name).index
      wires.attachProgram(ifindex, name, this.#programs!.passFd(port))
    })
  }

  async detachReplica(replica: number): Promise<void> {
    if (!this.#replicas.delete(replica)) return
    const slot = this.#ownership.slot(replica)
    this.#ownership.remove(replica)
    if (slot !== null)
      this.#spec.ports.forEach((_, port) => {
        this.#programs?.setSlot(port, slot, null)
      })
    await removeLinks(this.#names, replica, this.#spec.ports.length)
  }

  /** Swaps the owner table, then sends the fences. The swap is one turn of the event loop. */
  async flip(request: FlipRequest, frames: number): Promise<FlipResult> {
    const slots = this.#ownership.decide(request)
    const hosts = request.fenceTo === null ? null : this.#replicas.get(request.fenceTo)!
    let swapUs = 0
    if (slots !== null) {
      swapUs = this.#programs!.swap(slots)
      this.#ownership.commit(request)
      failpoint('agent.after_swap')
    }
    if (hosts === null) return { swapUs, fences: 0 }
    for (const [port, ifindex] of hosts.entries()) await this.#fence(request, port, ifindex, frames)
    return { swapUs, fences: hosts.length }
  }

  /**
   * Queues a fence to the replica: it goes through the same veth as the redirected frames, into the
   * same queue of the other side, behind all that the old table steered there. A full queue refuses
   * it; the replica is busy then, and it is tried again.
   */
  async #fence(request: FlipRequest, port: number, ifindex: number, frames: number) {
    const { move, epoch } = request
    const frame = encodeFence({ move, epoch, port })
    for (let tries = 1; ; tries++) {
      const errno = native().frameSend(frames, ifindex, frame)
      if (errno === 0) return
      if (errno === ENOBUFS && tries < FENCE_TRIES) {
        await sleep(1)
        continue
      }
      const where = `fence to ${this.#spec.service}.${request.fenceTo}`
      const link = this.#names.host(request.fenceTo!, port)
      throw new ClickUpError(
        'SYSCALL',
        `${where}, port ${port}: sendto ${link}: errno ${errno} after ${tries} tries`,
        'the new owner table is in force; repeat the flip with the same epoch',
      )
    }
  }

  counters(): SteeringCounters {
    return this.#programs!.counters()
  }

  owners(): { epoch: number; owners: Uint32Array } {
    return { epoch: this.#ownership.epoch, owners: this.#ownership.owners }
  }

  check(): ClickUpError | null {
    for (const [i, wire] of this.#wires.entries()) {
      const port = this.#spec.ports[i]!.name
      const problem = this.#problem(wire)
      if (problem !== null)
        return new ClickUpError(
          'INTERFACE',
          `port '${port}': interface '${wire.name}' ${problem}; its frames are lost`,
          'bring it back, then deploy the service again',
        )
    }
    return null
  }

  #problem(wire: Wire): string | null {
    const now = linkIndex(wire.name)
    if (now === null) return 'has gone'
    if (now !== wire.ifindex) return 'has gone and come back as another one'
    const found = native().xdpQuery(wire.ifindex, wire.name)
    return found === null ? 'has lost its steering program' : null
  }
}
