// One running graph: its instances, tasks, timers and handlers, and the turn that runs them.
//
// The router never waits and asks the machine for nothing but the time: whoever owns it
// (dataplane/loop.ts, the worker, a test) calls `turn` again and again. It starts standby: built
// and initialised, but no task or timer runs until it is activated.

import { ClickUpError } from '../lib/errors.ts'
import { BATCH, STOP_REFUSALS } from '../lib/limits.ts'
import { type SteerKey, steerBucket } from '../lib/steer.ts'
import { Chatter } from './chatter.ts'
import type { RouterClock } from './clock.ts'
import type { Node } from './compile.ts'
import type { PacketFifo } from './declare.ts'
import type { AnyElement, HandlerInfo, Note, PushFn, RouterServices } from './element.ts'
import { type FdWatch, FdWatches } from './fd-watch.ts'
import { Fifo } from './fifo.ts'
import type { Handlers } from './handlers.ts'
import type { AnySelf } from './instance.ts'
import type { Port } from './io/device.ts'
import { type Direction, noteOf, storageOf, walkNeighbors } from './neighbors.ts'
import type { Packet, Pool } from './packet.ts'
import type { Randomness } from './randomness.ts'
import { stamp } from './stamp.ts'
import { TaskList, TimerList } from './tasks.ts'

/** Asked for every received packet; false: the gate has taken it. */
export interface Gate {
  admit(p: Packet, port: number): boolean
}

export interface Instance extends Node {
  readonly index: number
  readonly spec: AnyElement
  readonly self: AnySelf
  /** The configuration string, as written. */
  config: string
  readonly where: string
  /**
   * Of the router that this one takes over from: the instance of the same name and class; null
   * afterwards.
   */
  old: Instance | null
  /** It carries on for `old`, in place of starting anew (hand-over.ts). */
  readonly carriesOn: boolean
}

/** A FromDevice and the port that it reads. */
export interface Receiver {
  readonly port: Port
  /** Index of the service port. */
  readonly index: number
  readonly counters: { count: number }
  push: PushFn
  /** Outputs of the element: `push` is the first, or (checked) something in front of it. */
  readonly out: readonly PushFn[]
  readonly checked: boolean
}

export interface RouterSetup {
  readonly pool: Pool
  /** Ports by name, in the order of the service file: a packet's `port` is the index in it. */
  readonly ports: ReadonlyMap<string, Port>
  readonly clock: RouterClock
  readonly random: Randomness
  readonly print: (line: string) => void
  readonly bucketsLog2: number
  /** Steering key of each port, by index; the default is `flow`. */
  readonly steerKeys: readonly SteerKey[]
  /** Sweeps expired rows a little. */
  readonly sweep: (nowMs: number) => boolean
}

const FLOW_KEY: SteerKey = 0

/** What elements ask of a router: see `retire`. */
const SERVICES = [
  'random',
  'seedRandom',
  'neighbors',
  'storageOf',
  'noteOf',
  'readHandler',
  'writeHandler',
  'writeHandlerLater',
  'findHandler',
  'stop',
  'keepRunning',
  'manageStops',
  'print',
  'port',
  'element',
]

export class Router implements RouterServices {
  readonly pool: Pool
  readonly bucketsLog2: number = 0
  // A fraction first: see makeCounters.
  nowMs = 0.5
  nowUs = 0.5
  gate: Gate | null = null
  /** Set by buildRouter, in the order of declaration. */
  instances: readonly Instance[] = []
  receivers: readonly Receiver[] = []
  handlers!: Handlers
  source = ''
  readonly tasks: TaskList
  /** By element; the compiler's, once the graph is compiled. */
  taskFunctions: readonly (() => boolean)[] = []
  readonly timers: TimerList
  /** Flow codes by element, where FlowInfo says another than the class. */
  flows: ReadonlyMap<string, string> = new Map()
  /** Threads that were asked for, and by element its task's: numbers to be shown. */
  threads = 1
  homeThreads: Int32Array = new Int32Array(0)
  /** By element: has said that no more fits, and that there is nothing to pull. */
  readonly full: Uint8Array
  readonly quiet: Uint8Array
  readonly watches = new FdWatches()
  /** Called when there is something to do and the loop may be asleep. */
  onWake: (() => void) | null = null
  /** Further work, one slice a turn (a move's), in which packets were `worked` on; true: there is more to do now. */
  background: ((worked: boolean) => boolean) | null = null
  readonly #setup: RouterSetup
  readonly #portList: readonly Port[]
  readonly #byName = new Map<string, Instance>()
  readonly #batch: Packet[] = new Array(BATCH).fill(null)
  #active = false
  #stopped = false
  /** Click's run count: the router stops when it is down to 0 and no driver script objects. */
  #runCount = 1
  #driverScript: string | null = null
  readonly #chatter: Chatter
  readonly onPrint: RouterServices['onPrint']
  readonly #goesOn = () => !this.stopAsked

  constructor(setup: RouterSetup, elements: number) {
    this.#setup = setup
    this.#chatter = new Chatter(setup.print)
    this.onPrint = (hear) => this.#chatter.hear(hear)
    this.pool = setup.pool
    this.bucketsLog2 = setup.bucketsLog2
    this.#portList = [...setup.ports.values()]
    this.nowMs = setup.clock.nowMs()
    this.nowUs = setup.clock.epochUs()
    this.tasks = new TaskList(elements, (i) => this.#runTask(i))
    this.timers = new TimerList(elements, (i) => this.#runTimer(i))
    this.full = new Uint8Array(elements)
    this.quiet = new Uint8Array(elements)
    this.tasks.onWake = () => this.wake()
    this.timers.onEarlier = () => this.wake()
  }

  /** Takes the instances over; buildRouter calls it once. */
  install(instances: readonly Instance[]): void {
    this.instances = instances
    for (const instance of instances) this.#byName.set(instance.name, instance)
  }

  get byName(): ReadonlyMap<string, Instance> {
    return this.#byName
  }

  /** One bounded turn; true: something was done, so that another turn may find more. */
  turn(): boolean {
    this.beginTurn()
    let worked = false
    for (let i = 0; i < this.receivers.length; i++) {
      if (this.receive(i, BATCH)) worked = true
    }
    if (this.#active) {
      if (this.tasks.pending > 0 && this.tasks.runTurn()) worked = true
      if (this.timers.next <= this.nowMs && this.timers.runTurn(this.nowMs, this.#goesOn))
        worked = true
    }
    return this.endTurn(worked)
  }

  // A turn's parts, for who must get in between (chaos.ts).

  beginTurn(): void {
    this.nowMs = this.#setup.clock.nowMs()
    this.nowUs = this.#setup.clock.epochUs()
  }

  endTurn(worked: boolean): boolean {
    for (let i = 0; i < this.#portList.length; i++) this.#portList[i]!.flush()
    this.#setup.sweep(this.nowMs)
    const more = this.background?.(worked) === true
    if (this.#runCount <= 0 && this.#active) this.#settleStop()
    return worked || more || (this.#active && this.tasks.pending > 0)
  }

  /** Takes at most `max` packets from a receiver's port through the graph; false: there are none. */
  receive(i: number, max: number): boolean {
    const receiver = this.receivers[i]!
    const batch = this.#batch
    const n = receiver.port.receive(batch, max)
    if (n === 0) return false
    receiver.counters.count += n
    const { push, index } = receiver
    if (this.gate === null) {
      for (let i = 0; i < n; i++) {
        const p = batch[i]!
        stamp(p, index, this.nowUs)
        push(p)
      }
    } else this.#receiveGated(this.gate, receiver, n)
    return true
  }

  #receiveGated(gate: Gate, receiver: Receiver, n: number): void {
    const { push, index } = receiver
    const key = this.#setup.steerKeys[index] ?? FLOW_KEY
    for (let i = 0; i < n; i++) {
      const p = this.#batch[i]!
      stamp(p, index, this.nowUs)
      p.bucket = steerBucket(p.mem, p.off, p.end, key, this.bucketsLog2)
      if (gate.admit(p, index)) push(p)
    }
  }

  /** Puts a packet behind the FromDevice of a service port: one that the gate held before. */
  inject(port: number, p: Packet): void {
    for (const receiver of this.receivers) {
      if (receiver.index !== port) continue
      receiver.push(p)
      return
    }
    this.pool.free(p)
  }

  get active(): boolean {
    return this.#active
  }

  get stopped(): boolean {
    return this.#stopped
  }

  /** When the next timer is due, on the clock of `nowMs`; Infinity: none is set. */
  get nextTimerMs(): number {
    return this.#active ? this.timers.next : Infinity
  }

  /** From here on tasks and timers run. */
  activate(): void {
    if (this.#active) return
    this.#active = true
    this.notifyAll()
    this.wake()
  }

  /**
   * Packets were put into queues from outside (a move): wakes every task that pulls, and lets the
   * queues that came full say so.
   */
  notifyAll(): void {
    for (const { self, spec } of this.instances) {
      self.notify()
      if (spec.notesFull !== true) continue
      const full = Object.values(self.state).some((s) => s instanceof Fifo && isFull(s))
      if (full) self.signalFull(true)
    }
  }

  deactivate(): void {
    this.#active = false
  }

  wake(): void {
    if (this.onWake !== null && this.#active) this.onWake()
  }

  #runTask(i: number): boolean {
    return this.taskFunctions[i]!()
  }

  #runTimer(i: number): void {
    const { spec, self } = this.instances[i]!
    spec.timer!(self)
  }

  /** The generator itself: a successor goes on with it. */
  get randomness(): Randomness {
    return this.#setup.random
  }

  random(): number {
    return this.#setup.random()
  }

  seedRandom(seed: number): void {
    this.#setup.random.seed(seed)
  }

  neighbors(
    of: string,
    direction: Direction,
    port: number,
    visit: (name: string, distance: number) => boolean,
  ): void {
    const from = this.#byName.get(of)?.index ?? -1
    if (from >= 0) walkNeighbors(this.instances, from, direction, port, visit, this.flows)
  }

  storageOf(name: string): PacketFifo | null {
    return storageOf(this.#byName.get(name))
  }

  noteOf(name: string, kind: 'empty' | 'full'): Note | null {
    return noteOf(this, this.#byName.get(name), kind)
  }

  print(line: string): void {
    this.#chatter.say(line)
  }

  port(name: string): Port | null {
    return this.#setup.ports.get(name) ?? null
  }

  watch(fd: number, events: number, ready: () => void): FdWatch {
    const watch = this.watches.add(fd, events, ready)
    this.wake()
    return watch
  }

  element(name: string): AnySelf | null {
    return this.#byName.get(name)?.self ?? null
  }

  readHandler(path: string, arg = '', from = ''): string {
    return this.handlers.read(path, arg, from)
  }

  writeHandler(path: string, value: string, from = ''): void {
    this.handlers.write(path, value, from)
  }

  writeHandlerLater(path: string, value: string): Promise<void> {
    return this.handlers.writeLater(path, value)
  }

  findHandler(path: string, from = ''): HandlerInfo {
    return this.handlers.info(path, from)
  }

  /** Text of every handler's name: `element.handler`, global ones without an element. */
  listHandlers(element: string | null = null): { name: string; read: boolean; write: boolean }[] {
    const instance = element === null ? null : (this.#byName.get(element) ?? null)
    return this.handlers.list(instance)
  }

  /** JavaScript that the graph was compiled to. */
  generatedSource(): string {
    return this.source
  }

  /** Somebody has asked to stop, and nobody has objected yet: nothing more is begun in this turn. */
  get stopAsked(): boolean {
    return this.#runCount <= 0
  }

  stop(): void {
    this.#runCount--
    this.tasks.interrupted = this.#runCount <= 0
    this.wake()
  }

  /** A driver script that waits for the next stop calls this. */
  keepRunning(): void {
    this.#runCount++
  }

  /** Makes an element the one that is asked before the router stops, by its handler `step`. */
  manageStops(name: string): void {
    if (this.#driverScript !== null) throw new Error('router has more than one driver script')
    this.#driverScript = name
  }

  /** Stops whatever a driver script says: a signal, the owner's wish. */
  stopNow(): void {
    this.#stopped = true
    this.wake()
  }

  #settleStop(): void {
    const script = this.#driverScript
    try {
      for (let n = 0; script !== null && n < STOP_REFUSALS && this.#runCount <= 0; n++)
        this.handlers.write(`${script}.step`, 'router')
    } catch (error) {
      this.print(`While executing '${script}':\n  ${(error as Error).message}`)
    }
    this.tasks.interrupted = false
    if (this.#runCount <= 0) this.#stopped = true
  }

  /**
   * Goes on as `old` would have: its tasks and timers, where their elements carry on; with `whole`
   * (a copy of it) also its time, and whether it runs.
   */
  takeOver(old: Router, heirs: Int32Array, whole: boolean): void {
    this.tasks.adopt(old.tasks, heirs)
    this.timers.adopt(old.timers, heirs)
    heirs.forEach((heir, i) => {
      if (heir < 0) return
      for (const of of ['full', 'quiet', 'homeThreads'] as const) this[of][heir] = old[of][i]!
    })
    if (!whole) return
    this.nowMs = old.nowMs
    this.nowUs = old.nowUs
    this.#runCount = old.#runCount
    this.tasks.interrupted = old.tasks.interrupted
    this.#driverScript = old.#driverScript
    this.#active = old.#active
    this.#stopped = old.#stopped
  }

  /**
   * Another router has taken over. Whoever still calls this one kept a reference across the
   * hand-over, which `adopt` should have replaced: that shows here, not as a lost change.
   */
  retire(): void {
    this.#active = false
    this.onWake = null
    const stale = (): never => {
      throw new ClickUpError(
        'INTERNAL',
        'a router was used after another had taken over from it',
        "an element's resource still refers to the old instance: its 'adopt' should replace that",
      )
    }
    for (const name of SERVICES) Object.defineProperty(this, name, { value: stale })
    for (const name of ['schedule', 'set'])
      for (const list of [this.tasks, this.timers])
        if (name in list) Object.defineProperty(list, name, { value: stale })
  }

  /** Closes what elements opened, last first. The store and the ports stay the owner's. */
  close(handedOn: (i: Instance) => boolean = () => false): void {
    this.#active = false
    for (const instance of [...this.instances].reverse())
      if (!handedOn(instance)) instance.spec.close?.(instance.self)
  }
}

function isFull({ length, capacity }: Fifo): boolean {
  return length > 0 && length >= capacity
}
