// A replica: the real hosts of both roles (dataplane/source-host.ts, target-host.ts) in its main
// thread, and its packet loop. Both threads die together; what passes between them is ordered and
// never lost.

import type { FromWorker, ToWorker } from '../../dataplane/control.ts'
import type { MoveHostSetup, RoleAnswer } from '../../dataplane/move-host.ts'
import { SourceHost } from '../../dataplane/source-host.ts'
import { decodeStream } from '../../dataplane/stream-frame.ts'
import { TargetHost } from '../../dataplane/target-host.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { ToSource, ToTarget } from '../../lib/move/types.ts'
import type { StreamClient } from '../../lib/wire/transport.ts'
import { idsIn } from './frames.ts'
import { SimLoop } from './loop.ts'
import type { Net } from './net.ts'
import { entryOf, type Scenario, shapeOf } from './scenario.ts'
import type { Traffic } from './traffic.ts'
import { Fifo, LATE_MS, Process, type World } from './world.ts'

export interface ReplicaSetup {
  readonly world: World
  readonly net: Net
  readonly scenario: Scenario
  readonly traffic: Traffic
  readonly name: string
  /** To the conductor. */
  answer(answer: RoleAnswer): void
  /** An element of this replica has taken a packet up. */
  processed(replica: Replica, id: number): void
  /** A command was carried out: gates may have changed. */
  commanded(): void
}

export class Replica {
  readonly process: Process
  readonly loop: SimLoop
  readonly source: SourceHost
  readonly target: TargetHost
  readonly endpoint: string
  readonly #toLoop: Fifo
  readonly #toMain: Fifo
  readonly #setup: ReplicaSetup
  /** Packets that came by the stream of the move that goes on. */
  #came: number[] = []

  constructor(setup: ReplicaSetup) {
    const { world, net, scenario, traffic, name } = setup
    this.#setup = setup
    this.process = new Process(name)
    this.endpoint = `sim://${name}`
    this.#toLoop = new Fifo(world)
    this.#toMain = new Fifo(world)
    const { rate, offsetMs } = scenario.clocks[entryOf(name)]!
    const clock = () => world.now * rate + offsetMs
    this.loop = new SimLoop({
      world,
      process: this.process,
      scenario,
      shape: shapeOf(scenario, name),
      watcher: {
        processed: (id) => setup.processed(this, id),
        sent: (id) => traffic.out(id, name),
        dropped: (id, why) => traffic.dropped(id, why, name),
      },
      clock,
      send: (message) => this.#fromLoop(message),
    })
    const host: MoveHostSetup = {
      clock: this.#clock(clock, rate),
      log: phaseLog(world, traffic, name),
      endpoint: this.endpoint,
      toWorker: (message) => this.#command(message),
      answer: (answer) => setup.answer(answer),
      connect: (endpoint, id, onFrame) => this.#connect(endpoint, id, onFrame),
      sendBack: (peer, frame) => net.sendBack(peer, frame),
    }
    this.source = new SourceHost(host)
    this.target = new TargetHost(host)
    net.servers.set(this.endpoint, {
      process: this.process,
      onFrame: (peer, frame) => this.target.onFrame(peer, frame),
    })
  }

  message(role: 'source' | 'target', msg: ToSource | ToTarget): void {
    if (role === 'source') this.source.step({ on: 'message', msg: msg as ToSource })
    else this.target.step({ on: 'message', msg: msg as ToTarget })
  }

  #clock(now: () => number, rate: number): Clock {
    const { world } = this.#setup
    const { process } = this
    const set = (ms: number, run: () => void, cancelled: { yes: boolean }) => {
      const fire = () => {
        if (cancelled.yes) return
        if (world.step(process, 'timer') === 'late') set(LATE_MS, run, cancelled)
        else run()
      }
      world.after(ms / rate, process, fire, process.main)
    }
    return {
      now,
      wall: now,
      after: (ms, run) => {
        const cancelled = { yes: false }
        set(ms, run, cancelled)
        return {
          cancel: () => {
            cancelled.yes = true
          },
        }
      },
      sleep: () => Promise.reject(new Error('nobody sleeps here')),
    }
  }

  #command(message: ToWorker): void {
    const { world, traffic } = this.#setup
    const { process } = this
    const what = 'command' in message ? message.command.type : message.type
    const effect = world.step(process, `commands ${what}`)
    const ms = world.random.next() * 0.05 + (effect === 'late' ? 30 : 0)
    this.#toLoop.send(
      ms,
      process,
      () => {
        world.step(process, `carries out ${what}`)
        if (message.type === 'target' && message.command.type === 'apply') {
          const { kind } = message.command
          const ids = kind === 'packets' || kind === 'stragglers' ? idsOf(message.bytes) : []
          for (const id of ids) traffic.reached(id, process.name)
          this.#came.push(...ids)
        }
        this.loop.message(message)
        if (what === 'release') for (const id of this.#came.splice(0)) traffic.at(id, process.name)
        this.#setup.commanded()
      },
      process.loop,
    )
  }

  #fromLoop(message: FromWorker): void {
    const { world, traffic } = this.#setup
    const { process } = this
    world.step(process, `reports ${'event' in message ? message.event.on : message.type}`)
    this.#toMain.send(
      world.random.next() * 0.05,
      process,
      () => {
        if (message.type === 'source') {
          const before = this.source.state.next
          this.source.onWorker(message)
          const { event, bytes, front = 0 } = message
          if (event.on !== 'chunk' || event.kind !== 'stragglers' || bytes === null) return
          if (this.source.state.next !== before) return
          const ids = idsIn(new Uint8Array(bytes, front, event.bytes))
          for (const id of ids) traffic.givenUp(id)
        } else if (message.type === 'source_failed')
          this.source.onFailed(message.move, message.failure)
        else if (message.type === 'target') this.target.onWorker(message)
      },
      process.main,
    )
  }

  /** The stream, with an eye on the packets in it: which are given up when it closes. */
  #connect(endpoint: string, name: string, onFrame: (frame: Uint8Array) => void): StreamClient {
    const { net, traffic } = this.#setup
    const peer = endpoint.slice('sim://'.length)
    const stragglers = new Map<number, readonly number[]>()
    const client = net.connect(this.process, endpoint, name, (frame) => {
      const message = decodeStream(frame)
      if (message.type === 'credit')
        for (const seq of stragglers.keys()) if (seq < message.credit.next) stragglers.delete(seq)
      onFrame(frame)
    })
    return {
      send: (bytes) => {
        const message = decodeStream(bytes)
        if (message.type === 'frame') {
          const { seq, kind } = message.head
          const ids = kind === 'packets' || kind === 'stragglers' ? idsOf(message.payload) : []
          for (const id of ids) traffic.underWay(id, this.process.name, peer, kind === 'packets')
          if (kind === 'stragglers') stragglers.set(seq, ids)
        }
        return client.send(bytes)
      },
      close: () => {
        for (const ids of stragglers.values()) for (const id of ids) traffic.givenUp(id)
        return client.close()
      },
    }
  }
}

function idsOf(bytes: ArrayBuffer | null): number[] {
  return bytes === null ? [] : idsIn(new Uint8Array(bytes))
}

/** Phases go into the run's log and hash: strikes wait for them. */
function phaseLog(world: World, traffic: Traffic, name: string): Log {
  const info = (event: string, fields: Record<string, unknown> = {}) => {
    const role = event === 'move_source' ? 'source' : event === 'move_target' ? 'target' : null
    if (role !== null) world.log(`${name} ${role} ${fields.phase}`)
  }
  const warn = (event: string, fields: Record<string, unknown> = {}) => {
    world.log(`${name} warns ${event}`)
    if (event === 'stragglers_given_up') traffic.told += Number(fields.packets)
  }
  const log: Log = { info, warn, with: () => log }
  return log
}
