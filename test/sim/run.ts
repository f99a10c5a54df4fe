// One run: builds the world of a scenario, lets its moves happen under traffic and faults until
// they have settled, and gives what the checkers look at.

import type { Columns, Table } from '../../dataplane/declare.ts'
import { STRAGGLER_MS } from '../../lib/limits.ts'
import type { ConductorEvent, MoveSpec } from '../../lib/move/types.ts'
import { Agent } from './agent.ts'
import { checkOwners, checkProcessed } from './check-live.ts'
import { Coordinator, type Finish } from './coordinator.ts'
import { bucketOfFlow } from './frames.ts'
import { Net } from './net.ts'
import { Replica } from './replica.ts'
import type { Leg, Scenario } from './scenario.ts'
import { Traffic } from './traffic.ts'
import { type Process, plainData, World } from './world.ts'

/** Nothing may take longer to settle: every limit of lib/limits.ts, and some. */
const SETTLE_MS_MAX = 30_000
const MOVE_AT_MS = 20
/** Flows that have a row and no packets. */
export const IDLE_FLOWS_FROM = 1000

export interface Run {
  readonly scenario: Scenario
  readonly world: World
  readonly traffic: Traffic
  readonly agent: Agent
  readonly coordinator: Coordinator
  readonly replicas: ReadonlyMap<string, Replica>
  /** When the traffic stopped. */
  readonly stopMs: number
  /** Found while it ran. */
  readonly findings: string[]
}

export function run(scenario: Scenario, stopMs = -1, keep = false): Run {
  const runner = new Runner(scenario, keep)
  runner.start()
  return scenario.move ? runner.settle() : runner.finish(stopMs)
}

class Runner {
  readonly #scenario: Scenario
  readonly #world: World
  readonly #net: Net
  readonly #traffic: Traffic
  readonly #agent: Agent
  readonly #coordinator: Coordinator
  readonly #replicas = new Map<string, Replica>()
  readonly #findings: string[] = []
  #leg = 0

  constructor(scenario: Scenario, keep: boolean) {
    const { seed, move } = scenario
    const world = new World({ seed, faults: move ? scenario.faults : [], keep })
    this.#scenario = scenario
    this.#world = world
    this.#net = new Net(world, scenario)
    this.#traffic = new Traffic(world, scenario)
    const names = new Set(['nf.1', ...scenario.legs.flatMap((leg) => [leg.from, leg.to])])
    for (const name of move ? [...names].sort() : ['nf.1']) this.#addReplica(name)
    this.#agent = new Agent(
      {
        world,
        scenario,
        net: this.#net,
        traffic: this.#traffic,
        replicas: this.#replicas,
        findings: this.#findings,
        answer: (event) => this.#tell([this.#agent.process], `agent ${event.on}`, event),
      },
      'nf.1',
    )
    this.#traffic.steer = (p) => this.#agent.steer(p)
    this.#coordinator = this.#makeCoordinator()
    const all = [...this.#replicas.values()].map((r) => r.process)
    for (const p of [this.#coordinator.process, this.#agent.process, ...all])
      world.processes.set(p.name, p)
    if (move) world.strikes.push(...scenario.strikes)
  }

  #addReplica(name: string): void {
    const { world, net, scenario, traffic } = {
      world: this.#world,
      net: this.#net,
      scenario: this.#scenario,
      traffic: this.#traffic,
    }
    const replica: Replica = new Replica({
      world,
      net,
      scenario,
      traffic,
      name,
      answer: ({ role, msg }) => {
        const event = { on: role, msg: this.#asSent(msg) } as ConductorEvent
        this.#tell([replica.process, this.#agent.process], `${role} ${msg.type}`, event)
      },
      processed: (r, id) => {
        checkProcessed(r, this.#replicas, traffic.fates[id]!, this.#findings, world)
        traffic.processed(id, r.process.name)
      },
      commanded: () => checkOwners([...this.#replicas.values()], this.#findings, world),
    })
    replica.process.onKill = () => this.#reportDeath(replica)
    this.#replicas.set(name, replica)
  }

  #tell(path: readonly Process[], what: string, event: ConductorEvent): void {
    this.#net.control([...path, this.#coordinator.process], what, () => this.#coordinator.on(event))
  }

  /** A message as the other side gets it: bytes have no shared objects. */
  #asSent<T extends object>(msg: T): T {
    return plainData(this.#scenario.newer ? { ...msg, addedLater: { of: 'a later release' } } : msg)
  }

  #makeCoordinator(): Coordinator {
    const first = this.#specOf(this.#scenario.legs[0]!, 1, 0)
    return new Coordinator(this.#world, this.#scenario, first, {
      send: (to, role, msg) => {
        const replica = this.#replicas.get(to)!
        const path = [this.#coordinator.process, this.#agent.process, replica.process]
        const sent = this.#asSent(msg)
        this.#net.control(path, `${role} ${msg.type}`, () => replica.message(role, sent))
      },
      flip: (f) => {
        const path = [this.#coordinator.process, this.#agent.process]
        this.#net.control(path, `flip ${f.owner} ${f.epoch}`, () => this.#agent.flip(f))
      },
      started: () => {
        for (const r of this.#replicas.values()) if (!r.process.alive) this.#reportDeath(r)
      },
      after: (finish) => this.#next(finish),
    })
  }

  #next({ spec, outcome, epoch }: Finish): MoveSpec | null {
    const { legs, moves } = this.#scenario
    if (epoch < this.#agent.epoch)
      this.#findings.push(`epochs: finished at ${epoch}, ${this.#agent.epoch} is installed`)
    if (outcome === 'takeover' || outcome === 'lost' || spec.move >= moves) return null
    if (outcome === 'done') this.#leg = Math.max(this.#leg, legIndex(legs, spec, this.#leg) + 1)
    const leg = legs[this.#leg]
    const dead = [...this.#replicas.values()].some((r) => !r.process.alive)
    return leg === undefined || dead ? null : this.#specOf(leg, spec.move + 1, epoch)
  }

  #reportDeath(r: Replica): void {
    const [agent, coordinator] = [this.#agent.process, this.#coordinator.process]
    this.#world.after(1 + this.#world.random.next() * 30, null, () => {
      if (!agent.alive || !coordinator.alive || this.#net.cut(agent, coordinator)) {
        this.#reportDeath(r)
        return
      }
      const { spec } = this.#coordinator.state
      for (const side of ['source', 'target'] as const)
        if (spec[side] === r.process.name) this.#coordinator.on({ on: 'died', side })
    })
  }

  #specOf(leg: Leg, move: number, epoch: number): MoveSpec {
    return {
      move,
      service: 'nf',
      source: leg.from,
      target: leg.to,
      epoch,
      buckets: [leg.buckets],
      primary: leg.primary,
      ports: this.#scenario.ports,
      transfer: {
        schemas: this.#replicas.get(leg.from)?.loop.store.schemas() ?? [],
        map: {},
        discard: [],
      },
    }
  }

  start(): void {
    const { idleRows, bucketsLog2, abortMs, move } = this.#scenario
    const { loop } = this.#replicas.get('nf.1')!
    loop.message({ type: 'activate' })
    const entry = loop.store.entry('count', 'flows')
    if (entry?.kind !== 'table') throw new Error('SimCount has no table')
    const rows = entry.table as Table<Columns, Columns>
    const recent = loop.store.entry('count', 'recent')
    if (recent?.kind !== 'table') throw new Error('SimCount has no table of recent flows')
    const idle = recent.table as Table<Columns, Columns>
    for (let i = 0; i < idleRows; i++) {
      const flow = IDLE_FLOWS_FROM + i
      const row = rows.insert(bucketOfFlow(flow, bucketsLog2), flow)
      if (row !== null) (row as { at: number }).at = loop.router.nowMs
      // These run out while they are being moved.
      const soon = idle.insert(bucketOfFlow(flow, bucketsLog2), flow)
      if (soon !== null) (soon as { at: number }).at = loop.router.nowMs
    }
    this.#traffic.start()
    if (!move) return
    const { process } = this.#coordinator
    this.#world.after(MOVE_AT_MS, process, () => this.#coordinator.on({ on: 'begin' }))
    if (abortMs >= 0)
      this.#world.after(MOVE_AT_MS + abortMs, null, () =>
        this.#coordinator.on({ on: 'abort', reason: 'asked for' }),
      )
  }

  settle(): Run {
    const world = this.#world
    while (this.#coordinator.finish === null && world.now < SETTLE_MS_MAX)
      world.runUntil(world.now + 10)
    return this.finish(world.now + 100)
  }

  finish(stopMs: number): Run {
    this.#world.runUntil(stopMs)
    this.#traffic.stopped = true
    // Long enough for the source to close its stream, lost frames included, and for idle rows to
    // go.
    this.#world.runUntil(stopMs + 3 * STRAGGLER_MS)
    // Frames for a dead target are given up at ten times the rest.
    if (this.#world.kills.some((name) => this.#replicas.has(name)))
      this.#world.runUntil(stopMs + 12 * STRAGGLER_MS)
    return {
      scenario: this.#scenario,
      world: this.#world,
      traffic: this.#traffic,
      agent: this.#agent,
      coordinator: this.#coordinator,
      replicas: this.#replicas,
      findings: this.#findings,
      stopMs,
    }
  }
}

/** Which leg a finished move was: a successor may report one that is over once more. */
function legIndex(legs: readonly Leg[], spec: MoveSpec, from: number): number {
  const [range] = spec.buckets
  const same = (leg: Leg | undefined) =>
    leg?.from === spec.source && leg.to === spec.target && leg.buckets[0] === range![0]
  return same(legs[from]) ? from : from - 1
}
