// The node-agent and the kernel below it. Owner table, its epoch and the paths to the replicas'
// ports are the kernel's and outlive the agent; requests under way do not. Which flip is refused,
// and what one makes of the table, the agent's own code decides (node-agent/flip.ts).

import { encodeFence } from '../../lib/fence.ts'
import type { ConductorEvent, Flip } from '../../lib/move/types.ts'
import { applyFlip, refuseFlip, replicaNumber } from '../../node-agent/flip.ts'
import type { Net } from './net.ts'
import type { Replica } from './replica.ts'
import type { Scenario } from './scenario.ts'
import type { SimPacket, Traffic } from './traffic.ts'
import { Fifo, LATE_MS, Process, type World } from './world.ts'

/** Longest grace period of a swap. */
const GRACE_MS = 9

export interface AgentSetup {
  readonly world: World
  readonly scenario: Scenario
  readonly net: Net
  readonly traffic: Traffic
  readonly replicas: ReadonlyMap<string, Replica>
  readonly findings: string[]
  answer(event: ConductorEvent): void
}

export class Agent {
  readonly process = new Process('agent')
  epoch = 0
  /** Numbers of the owners; the last entry is the primary. */
  table: Uint32Array
  readonly #setup: AgentSetup
  readonly #paths = new Map<string, Fifo>()
  #failures: number

  constructor(setup: AgentSetup, owner: string) {
    this.#setup = setup
    const { world, scenario } = setup
    this.#failures = scenario.flipFailures
    this.table = new Uint32Array((1 << scenario.bucketsLog2) + 1).fill(replicaNumber(owner))
    this.process.onKill = () =>
      world.after(5 + world.random.next() * 100, null, () => {
        this.process.alive = true
        world.log('agent started again')
      })
  }

  /** Who gets a bucket's packets; -1: those without. */
  ownerOf(bucket: number): string {
    return `nf.${this.table[bucket < 0 ? this.table.length - 1 : bucket]}`
  }

  steer(p: SimPacket): void {
    const { world, traffic, replicas } = this.#setup
    const replica = replicas.get(this.ownerOf(p.bucket))!
    traffic.at(p.id, replica.process.name)
    // The NIC writes into the ring whatever the threads do: a stall does not hold it up.
    const deliver = () => replica.loop.arrive(p.port, p.frame)
    if (p.late) world.after(2 + world.random.next() * 30, replica.process, deliver)
    else this.#path(replica, p.port).send(world.random.next() ** 2, replica.process, deliver)
  }

  #path(replica: Replica, port: number): Fifo {
    const key = `${replica.process.name}:${port}`
    const path = this.#paths.get(key) ?? new Fifo(this.#setup.world)
    this.#paths.set(key, path)
    return path
  }

  /** The swap takes a grace period; what it finds afterwards decides. */
  flip(f: Flip): void {
    const { world } = this.#setup
    const swap = () => this.#execute(f)
    world.after(world.random.next() * GRACE_MS, this.process, swap, this.process.main)
  }

  #execute(f: Flip): void {
    const { world, net, scenario, findings } = this.#setup
    const effect = world.step(this.process, 'swaps')
    if (effect === 'late') {
      world.after(LATE_MS, this.process, () => this.#execute(f), this.process.main)
      return
    }
    const refusal = scenario.mutant === 'old epochs' ? null : refuseFlip(f, this.epoch)
    if (refusal !== null) {
      this.#fail(f, refusal.code)
      return
    }
    if (this.epoch !== f.epoch) {
      if (effect === 'lose' || (this.#failures > 0 && !net.calm)) {
        this.#failures -= 1
        this.#fail(f, 'SYSCALL')
        return
      }
      if (f.epoch < this.epoch) findings.push(`epochs: ${f.epoch} installed over ${this.epoch}`)
      this.table = applyFlip(this.table, f)
      this.epoch = f.epoch
      world.log(`swap to ${f.owner}, epoch ${f.epoch}`)
    }
    if (f.fenceTo !== null) this.#fences(f, f.fenceTo)
    this.#tell({ on: 'flipped', epoch: f.epoch, swapUs: 100 })
  }

  #fences(f: Flip, to: string): void {
    const { world, net, scenario, replicas } = this.#setup
    const replica = replicas.get(to)!
    for (let port = 0; port < scenario.ports; port++) {
      const effect = world.step(this.process, 'fence')
      const { random } = world
      if (effect === 'lose' || (!net.calm && random.chance(scenario.fenceLoss))) continue
      const frame = encodeFence({ move: f.move, epoch: f.epoch, port })
      const seen = () => replica.loop.arrive(port, frame)
      // In the path behind the packets that were steered there before.
      if (scenario.mutant === 'fence overtakes') seen()
      else if (effect === 'late') world.after(LATE_MS, replica.process, seen)
      else
        for (let n = 0; n < (effect === 'twice' ? 2 : 1); n++)
          this.#path(replica, port).send(random.next() ** 2, replica.process, seen)
    }
  }

  #fail(f: Flip, code: string): void {
    const { epoch } = f
    this.#tell({ on: 'flip_failed', epoch, installed: this.epoch, code, message: code })
  }

  #tell(event: ConductorEvent): void {
    this.#setup.answer(event)
  }
}
