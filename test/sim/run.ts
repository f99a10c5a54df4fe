// One run: builds the world of a scenario, lets the move happen under traffic and faults until it
// has settled, and gives what the checkers look at.

import { STRAGGLER_MS } from '../../lib/limits.ts'
import type { ConductorEvent, MoveSpec } from '../../lib/move/types.ts'
import { Agent } from './agent.ts'
import { checkOwners } from './check.ts'
import { Coordinator } from './coordinator.ts'
import { Net } from './net.ts'
import { Replica } from './replica.ts'
import type { Scenario } from './scenario.ts'
import { Traffic } from './traffic.ts'
import { World } from './world.ts'

export const SOURCE = 'nf.1'
export const TARGET = 'nf.2'
/** Nothing may take longer to settle: every limit of lib/limits.ts, and some. */
const SETTLE_MS_MAX = 30_000
const MOVE_AT_MS = 20

export interface Run {
  readonly scenario: Scenario
  readonly world: World
  readonly traffic: Traffic
  readonly agent: Agent
  readonly coordinator: Coordinator
  readonly source: Replica
  readonly target: Replica
  readonly messages: number
  /** When the traffic stopped. */
  readonly stopMs: number
  /** Found while it ran. */
  readonly findings: string[]
}

export function run(scenario: Scenario, stopMs = -1, keepLines = false): Run {
  const world = new World(scenario.seed, scenario.move ? scenario.crashes : [], keepLines)
  const net = new Net(world, scenario)
  const findings: string[] = []
  const replicas = new Map<string, Replica>()
  const traffic = new Traffic(world, scenario, (p) => agent.steer(p))
  const tell = (what: string, event: ConductorEvent) =>
    net.control(coordinator.process, what, () => coordinator.on(event))
  const outside = {
    fromSource: (msg: Extract<ConductorEvent, { on: 'source' }>['msg']) =>
      tell(`source ${msg.type}`, { on: 'source', msg }),
    fromTarget: (msg: Extract<ConductorEvent, { on: 'target' }>['msg']) =>
      tell(`target ${msg.type}`, { on: 'target', msg }),
    gates: () => checkOwners([source, target], findings, world),
  }
  const source = new Replica(world, SOURCE, scenario, traffic, outside)
  const target = new Replica(world, TARGET, scenario, traffic, outside)
  replicas.set(SOURCE, source).set(TARGET, target)
  const agent = new Agent(world, scenario, net, replicas, SOURCE, (event) =>
    tell(`agent ${event.on}`, event),
  )
  agent.traffic = traffic
  const coordinator = new Coordinator(world, specOf(scenario), {
    send(to, msg) {
      const replica = replicas.get(coordinator.state.spec[to])!
      net.control(replica.process, `${to} ${msg.type}`, () => replica.message(to, msg))
    },
    flip: (f) => net.control(agent.process, `flip ${f.owner} ${f.epoch}`, () => agent.flip(f)),
    started() {
      for (const r of [source, target]) if (!r.process.alive) reportDeath(r)
    },
    after({ spec, outcome, epoch }) {
      const over = outcome === 'takeover' || outcome === 'lost' || spec.move === scenario.moves
      if (over || !source.process.alive || !target.process.alive) return null
      const next = { ...spec, move: spec.move + 1, epoch }
      return outcome === 'undone' ? next : { ...next, source: spec.target, target: spec.source }
    },
  })
  const reportDeath = (r: Replica): void =>
    world.after(1 + world.random.next() * 30, null, () => {
      if (agent.process.alive && coordinator.process.alive)
        coordinator.on({
          on: 'died',
          side: r.process.name === coordinator.state.spec.source ? 'source' : 'target',
        })
      else reportDeath(r)
    })
  const connect = (from: Replica, to: Replica): void => {
    const stream = net.stream(from.process, to.process, {
      frame: (head, payload) => to.frame(head, payload),
      credit: (credit) => from.onSource({ on: 'credit', credit }),
      ended: (move) => to.onTarget({ on: 'stream_ended', move }),
    })
    from.out = stream
    from.peer = to.process.name
    to.from = stream
    from.process.onKill = () => {
      stream.end(from.source.move)
      reportDeath(from)
    }
  }
  connect(source, target)
  connect(target, source)

  for (const p of [coordinator.process, agent.process, source.process, target.process])
    world.processes.set(p.name, p)
  if (scenario.move) world.strikes.push(...scenario.strikes)

  source.loop.gate.own([[0, 1 << scenario.bucketsLog2]], true)
  for (let i = 0; i < scenario.idleRows; i++) source.loop.rows.set(scenario.flows + i, 1)
  traffic.start()
  if (scenario.move) {
    world.after(MOVE_AT_MS, coordinator.process, () => coordinator.on({ on: 'begin' }))
    if (scenario.abortMs >= 0)
      world.after(MOVE_AT_MS + scenario.abortMs, null, () =>
        coordinator.on({ on: 'abort', reason: 'asked for' }),
      )
    while (coordinator.finish === null && world.now < SETTLE_MS_MAX) world.runUntil(world.now + 10)
    world.runUntil(world.now + 100)
  } else world.runUntil(stopMs)
  traffic.stopped = true
  const stoppedMs = world.now
  // Long enough for the source to close its stream, lost frames included.
  world.runUntil(world.now + 3 * STRAGGLER_MS)
  const { messages } = net
  const parts = { scenario, world, traffic, agent, coordinator, source, target }
  return { ...parts, messages, stopMs: stoppedMs, findings }
}

function specOf(scenario: Scenario): MoveSpec {
  return {
    move: 1,
    service: 'nf',
    source: SOURCE,
    target: TARGET,
    epoch: 0,
    buckets: [[0, scenario.moved]],
    primary: scenario.moved === 1 << scenario.bucketsLog2,
    ports: scenario.ports,
    transfer: null,
  }
}
