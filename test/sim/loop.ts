// A replica's packet loop: the real one (router, tables, gate, both movers) on the simulated clock,
// wired as dataplane/worker.ts does. Turns come when there is something to do, as with a driver
// that wakes it.

import { buildRouter } from '../../dataplane/build.ts'
import type { FromWorker, ToWorker } from '../../dataplane/control.ts'
import { PacketGate } from '../../dataplane/gate.ts'
import type { MoverSetup } from '../../dataplane/mover.ts'
import type { Router } from '../../dataplane/router.ts'
import { SourceMover } from '../../dataplane/source-mover.ts'
import { StateStore } from '../../dataplane/state.ts'
import type { TransferPlan } from '../../dataplane/state-plan.ts'
import { FRAME_FRONT } from '../../dataplane/stream-frame.ts'
import { TargetMover } from '../../dataplane/target-mover.ts'

import { STEER_KEYS, steerBucket } from '../../lib/steer.ts'
import { graphOf, type RouterShape } from './elements.ts'
import { mutateLoop } from './mutants.ts'
import { SimPool, SimPort, type Watcher } from './port.ts'
import type { Scenario } from './scenario.ts'
import type { Process, World } from './world.ts'

/** An idle loop looks at its driver again after so long: the sweep goes on. */
const IDLE_MS = 50

export interface LoopSetup {
  readonly world: World
  readonly process: Process
  readonly scenario: Scenario
  readonly shape: RouterShape
  readonly watcher: Watcher
  /** The replica's clock, in milliseconds. */
  readonly clock: () => number
  send(message: FromWorker): void
}

export class SimLoop {
  readonly gate: PacketGate
  readonly store: StateStore
  readonly router: Router
  readonly pool: SimPool
  readonly version: RouterShape['version']
  readonly #world: World
  readonly #process: Process
  readonly #ports: readonly SimPort[]
  readonly #source: SourceMover
  readonly #target: TargetMover
  #looks = 0
  #dueMs = Number.POSITIVE_INFINITY
  #due = 0

  constructor({ world, process, scenario, shape, watcher, clock, send }: LoopSetup) {
    this.#world = world
    this.#process = process
    this.version = shape.version
    const { bucketsLog2, seed } = scenario
    const pool = SimPool.make(scenario.frames, watcher)
    this.pool = pool
    this.#ports = Array.from(
      { length: scenario.ports },
      (_, k) => new SimPort(`p${k}`, pool, watcher),
    )
    const time = { nowMs: clock() }
    this.store = new StateStore({ bucketsLog2, clock: time, pool, seed })
    const bounds = { held: scenario.heldMax, stragglers: scenario.stragglersMax }
    this.gate = new PacketGate(
      bucketsLog2,
      false,
      pool,
      ({ move, epoch, port }) => {
        send({ type: 'source', event: { on: 'fence', move, epoch, port }, bytes: null })
        this.#source.onFence(move, epoch, port)
      },
      bounds,
    )
    pool.watch(this.gate.counters)
    this.router = buildRouter(graphOf(shape), {
      pool,
      ports: new Map(this.#ports.map((port) => [port.name, port])),
      store: this.store,
      clock: {
        nowMs: () => {
          time.nowMs = scenario.mutant === 'raw times' ? 0 : clock()
          return clock()
        },
        epochUs: () => Math.round(clock() * 1000),
      },
      seed,
      print: (line) => world.log(`${process.name} prints ${line}`),
      gate: this.gate,
    })
    const setup: MoverSetup = {
      router: this.router,
      store: this.store,
      gate: this.gate,
      chunkBytes: scenario.chunkBytes,
      forgetRows: scenario.forgetRows,
      front: FRAME_FRONT,
      // Each look costs time, so that slices end where they would end on a busy machine.
      clockMs: () => {
        this.#looks += 1
        return this.#looks * scenario.lookMs
      },
      steer: (p) => steerBucket(p.mem, p.off, p.end, STEER_KEYS.flow, bucketsLog2),
      flush: () => {},
      send,
    }
    this.#source = new SourceMover(setup)
    this.#target = new TargetMover(setup)
    this.router.background = (worked) => {
      const more = this.#source.slice(worked)
      return this.#target.slice() || more
    }
    this.router.onWake = () => this.#soon()
    mutateLoop(scenario.mutant, setup, this.#target, this.#source)
    this.#at(IDLE_MS)
  }

  /** A frame comes in by a port. */
  arrive(port: number, frame: Uint8Array): void {
    this.#ports[port]!.arrive(frame)
    this.#soon()
  }

  message(message: ToWorker): void {
    switch (message.type) {
      case 'first':
        break // a thread's priority
      case 'activate':
        this.gate.buckets.own([[0, this.store.buckets]], true)
        this.router.activate()
        break
      case 'plan':
        this.#source.plan(message.plan as TransferPlan)
        break
      case 'source':
        if (message.spares !== undefined) this.#source.reuse(message.spares)
        this.#source.command(message.move, message.command)
        break
      case 'target':
        this.#target.command(message.move, message.command, message.bytes, message.length)
        break
      default:
        throw new Error(`the simulator sends no ${message.type}`)
    }
    this.#soon()
  }

  /** Frames that nobody has. */
  get idle(): boolean {
    return this.pool.available === this.pool.frames
  }

  #soon(): void {
    this.#at(0.005 + this.#world.random.next() * 0.03)
  }

  /** The next turn, unless one comes earlier. */
  #at(ms: number): void {
    const at = this.#world.now + ms
    if (at >= this.#dueMs) return
    this.#dueMs = at
    this.#due += 1
    const number = this.#due
    const turn = () => {
      if (number === this.#due) this.#turn()
    }
    this.#world.at(at, this.#process, turn, this.#process.loop)
  }

  #turn(): void {
    this.#dueMs = Number.POSITIVE_INFINITY
    if (this.router.turn()) {
      this.#soon()
      return
    }
    const timer = this.router.nextTimerMs - this.router.nowMs
    this.#at(Math.max(0.02, Math.min(IDLE_MS, timer)))
  }
}
