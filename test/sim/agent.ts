// The node-agent and the kernel below it. Owner table, its epoch and the paths to the replicas'
// ports are the kernel's and outlive the agent; requests under way do not.

import type { ConductorEvent, Flip } from '../../lib/move/types.ts'
import type { Net } from './net.ts'
import type { Replica } from './replica.ts'
import type { Scenario } from './scenario.ts'
import type { SimPacket, Traffic } from './traffic.ts'
import { Fifo, Process, type World } from './world.ts'

export class Agent {
  readonly process = new Process('agent')
  epoch = 0
  readonly owners: string[]
  readonly #paths = new Map<string, Fifo>()
  readonly #world: World
  readonly #scenario: Scenario
  readonly #net: Net
  readonly #replicas: ReadonlyMap<string, Replica>
  readonly #answer: (event: ConductorEvent) => void
  traffic: Traffic | null = null
  #failures: number

  constructor(
    world: World,
    scenario: Scenario,
    net: Net,
    replicas: ReadonlyMap<string, Replica>,
    owner: string,
    answer: (event: ConductorEvent) => void,
  ) {
    this.#world = world
    this.#scenario = scenario
    this.#net = net
    this.#replicas = replicas
    this.#answer = answer
    this.#failures = scenario.flipFailures
    this.owners = new Array((1 << scenario.bucketsLog2) + 1).fill(owner)
    this.process.onKill = () =>
      world.after(5 + world.random.next() * 100, null, () => {
        this.process.alive = true
        world.log('agent started again')
      })
  }

  steer(p: SimPacket): void {
    const replica = this.#replicas.get(this.owners[p.bucket]!)!
    const { random } = this.#world
    this.traffic!.held(p, replica.process.name)
    const deliver = () => replica.loop.receive(p, false)
    if (p.late) this.#world.after(2 + random.next() * 30, replica.process, deliver)
    else this.#path(replica, p.port).send(random.next() ** 2, replica.process, deliver)
  }

  #path(replica: Replica, port: number): Fifo {
    const key = `${replica.process.name}:${port}`
    const path = this.#paths.get(key) ?? new Fifo(this.#world)
    this.#paths.set(key, path)
    return path
  }

  /** The swap takes a grace period; what it finds afterwards decides. */
  flip(f: Flip): void {
    const graceMs = this.#world.random.next() * 9
    this.#world.after(graceMs, this.process, () => this.#execute(f))
  }

  #execute(f: Flip): void {
    const { epoch, expect } = f
    if (!this.#world.survives(this.process, 'swap')) return
    if (this.epoch > epoch) {
      this.#fail(f, 'STALE_EPOCH')
      return
    }
    if (this.epoch < epoch) {
      if (expect !== null && this.epoch !== expect) {
        this.#fail(f, 'CONFLICT')
        return
      }
      if (this.#failures > 0 && !this.#net.calm) {
        this.#failures -= 1
        this.#fail(f, 'SYSCALL')
        return
      }
      for (const [from, to] of f.buckets) this.owners.fill(f.owner, from, to)
      if (f.primary) this.owners[this.owners.length - 1] = f.owner
      this.epoch = epoch
      this.#world.log(`swap to ${f.owner}, epoch ${epoch}`)
    }
    if (f.fenceTo !== null && !this.#fences(f, f.fenceTo)) return
    this.#tell({ on: 'flipped', epoch, swapUs: 100 })
  }

  #fences(f: Flip, to: string): boolean {
    const replica = this.#replicas.get(to)!
    for (let port = 0; port < this.#scenario.ports; port++) {
      if (!this.#world.survives(this.process, 'fence')) return false
      const { random } = this.#world
      if (!this.#net.calm && random.chance(this.#scenario.fenceLoss)) continue
      const seen = () => replica.fence(f.move, f.epoch, port)
      if (this.#scenario.canary === 'skip_fence') seen()
      else this.#path(replica, port).send(random.next() ** 2, replica.process, seen)
    }
    return true
  }

  #fail(f: Flip, code: string): void {
    const { epoch } = f
    this.#tell({ on: 'flip_failed', epoch, installed: this.epoch, code, message: code })
  }

  #tell(event: ConductorEvent): void {
    if (this.#world.survives(this.process, 'answer')) this.#answer(event)
  }
}
