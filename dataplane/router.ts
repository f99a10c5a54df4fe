// A running router: its ports, clock and state, and the configuration at work in it (running.ts),
// which another can take the place of between two turns (hand-over.ts).
//
// The router never waits and asks the machine for nothing but the time: whoever owns it
// (dataplane/loop.ts, the worker, a test) calls `turn` again and again. It starts standby: built
// and initialised, but no task or timer runs until it is activated.

import { BATCH, STOP_REFUSALS } from '../lib/limits.ts'
import { type SteerKey, steerBucket } from '../lib/steer.ts'
import { AskedBy } from './asked.ts'
import type { RouterClock } from './clock.ts'
import type { PacketFifo } from './declare.ts'
import type { HandlerInfo, Note, RouterServices } from './element.ts'
import type { FdWatch, FdWatches } from './fd-watch.ts'
import { Fifo } from './fifo.ts'
import type { Handlers } from './handlers.ts'
import type { AnySelf } from './instance.ts'
import type { Port } from './io/device.ts'
import { type Direction, noteOf, storageOf, walkNeighbors } from './neighbors.ts'
import type { Packet, Pool } from './packet.ts'
import type { Randomness } from './randomness.ts'
import { type Asked, type Instance, type Receiver, Running } from './running.ts'
import { stamp } from './stamp.ts'
import type { TaskList, TimerList } from './tasks.ts'

export { type Instance, type Receiver, Running } from './running.ts'

/** Asked for every received packet; false: the gate has taken it. */
export interface Gate {
  admit(p: Packet, port: number): boolean
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

export class Router implements RouterServices {
  readonly pool: Pool
  readonly bucketsLog2: number = 0
  // A fraction first: see makeCounters.
  nowMs = 0.5
  nowUs = 0.5
  gate: Gate | null = null
  /** Threads that were asked for: a number to be shown. */
  threads = 1
  /** Called when there is something to do and the loop may be asleep. */
  onWake: (() => void) | null = null
  /**
   * Further work, one slice a turn (a move's), in which packets were `worked` on; true: there is more
   * to do now.
   */
  background: ((worked: boolean) => boolean) | null = null
  /** The same for a configuration that is made ready beside; the last thing in a turn. */
  beside: (() => boolean) | null = null
  /** Called when a turn begins. */
  atTurn: (() => void) | null = null
  readonly onPrint: RouterServices['onPrint']
  readonly #setup: RouterSetup
  readonly #portList: readonly Port[]
  readonly #batch: Packet[] = new Array(BATCH).fill(null)
  readonly #goesOn = () => !this.stopAsked
  /** Numbers of instances, never used twice: generated code has them in its names. */
  #ids = 0
  #run: Running
  /** While an element starts: what it asks is written down. */
  #asking: AskedBy | null = null

  constructor(setup: RouterSetup) {
    this.#setup = setup
    this.onPrint = (hear) => this.#run.chatter.hear(hear)
    this.pool = setup.pool
    this.bucketsLog2 = setup.bucketsLog2
    this.#portList = [...setup.ports.values()]
    this.nowMs = setup.clock.nowMs()
    this.nowUs = setup.clock.epochUs()
    this.#run = this.makeRunning(0)
  }

  // ---- The configuration at work --------------------------------------------------------------

  get running(): Running {
    return this.#run
  }

  /** Room for a configuration of so many elements: to be filled, and then to `become`. */
  makeRunning(elements: number): Running {
    return new Running(elements, { print: this.#setup.print, wake: () => this.wake() })
  }

  /** Another configuration is at work from here on. */
  become(run: Running): void {
    this.#run = run
  }

  takeId(): number {
    return this.#ids++
  }

  /**
   * Starts an element of a configuration that is not at work yet: what it asks of the router is
   * answered from that one, and written down.
   * @param heed called with the name of each other element that it gets hold of
   */
  starting(run: Running, heed: (name: string) => void, start: () => void): Asked {
    const before = { run: this.#run, asking: this.#asking }
    const asked = new AskedBy(heed)
    this.#run = run
    this.#asking = asked
    try {
      start()
    } finally {
      this.#run = before.run
      this.#asking = before.asking
    }
    return asked
  }

  get instances(): readonly Instance[] {
    return this.#run.instances
  }

  get byName(): ReadonlyMap<string, Instance> {
    return this.#run.byName
  }

  get receivers(): readonly Receiver[] {
    return this.#run.receivers
  }

  get handlers(): Handlers {
    return this.#run.handlers
  }

  get tasks(): TaskList {
    return this.#run.tasks
  }

  get timers(): TimerList {
    return this.#run.timers
  }

  get watches(): FdWatches {
    return this.#run.watches
  }

  /** JavaScript that the graph was compiled to. */
  generatedSource(): string {
    return this.#run.compiled.source()
  }

  // ---- Turns --------------------------------------------------------------------------------

  /** One bounded turn; true: something was done, so that another turn may find more. */
  turn(): boolean {
    this.beginTurn()
    const { receivers, tasks, timers } = this.#run
    let worked = false
    for (let i = 0; i < receivers.length; i++) {
      if (this.receive(i, BATCH)) worked = true
    }
    if (this.#run.active) {
      if (tasks.pending > 0 && tasks.runTurn()) worked = true
      if (timers.next <= this.nowMs && timers.runTurn(this.nowMs, this.#goesOn)) worked = true
    }
    return this.endTurn(worked)
  }

  // A turn's parts, for who must get in between (chaos.ts).

  beginTurn(): void {
    if (this.atTurn !== null) this.atTurn()
    this.nowMs = this.#setup.clock.nowMs()
    this.nowUs = this.#setup.clock.epochUs()
  }

  endTurn(worked: boolean): boolean {
    for (let i = 0; i < this.#portList.length; i++) this.#portList[i]!.flush()
    this.#setup.sweep(this.nowMs)
    let more = this.background?.(worked) === true
    if (this.#run.runCount <= 0 && this.#run.active) this.#settleStop()
    if (this.beside?.() === true) more = true
    return worked || more || (this.#run.active && this.#run.tasks.pending > 0)
  }

  /** Takes at most `max` packets from a receiver's port through the graph; false: there are none. */
  receive(i: number, max: number): boolean {
    const receiver = this.#run.receivers[i]!
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
    for (const receiver of this.#run.receivers) {
      if (receiver.index !== port) continue
      receiver.push(p)
      return
    }
    this.pool.free(p)
  }

  get active(): boolean {
    return this.#run.active
  }

  get stopped(): boolean {
    return this.#run.stopped
  }

  /** When the next timer is due, on the clock of `nowMs`; Infinity: none is set. */
  get nextTimerMs(): number {
    return this.#run.active ? this.#run.timers.next : Infinity
  }

  /** From here on tasks and timers run. */
  activate(): void {
    if (this.#run.active) return
    this.#run.active = true
    this.notifyAll()
    this.wake()
  }

  /**
   * Packets were put into queues from outside (a move): wakes every task that pulls, and lets the
   * queues that came full say so.
   */
  notifyAll(): void {
    for (const instance of this.#run.instances) this.notify(instance)
  }

  notify({ self, spec }: Instance): void {
    self.notify()
    if (spec.notesFull !== true) return
    const full = Object.values(self.state).some((s) => s instanceof Fifo && isFull(s))
    if (full) self.signalFull(true)
  }

  deactivate(): void {
    this.#run.active = false
  }

  wake(): void {
    if (this.onWake !== null && this.#run.active) this.onWake()
  }

  // ---- What elements ask ----------------------------------------------------------------------

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
    this.#asking?.ofGraph()
    const { byName, instances, flows } = this.#run
    const from = byName.get(of)?.index ?? -1
    if (from >= 0) walkNeighbors(instances, from, direction, port, visit, flows)
  }

  storageOf(name: string): PacketFifo | null {
    this.#asking?.ofGraph()
    return storageOf(this.#run.byName.get(name))
  }

  noteOf(name: string, kind: 'empty' | 'full'): Note | null {
    this.#asking?.ofGraph()
    return noteOf(this.#run, this.#run.byName.get(name), kind)
  }

  print(line: string): void {
    this.#run.chatter.say(line)
  }

  port(name: string): Port | null {
    return this.#setup.ports.get(name) ?? null
  }

  /** Index of a port in the order of the service file; -1: there is none of that name. */
  portIndex(name: string): number {
    return [...this.#setup.ports.keys()].indexOf(name)
  }

  watch(fd: number, events: number, ready: () => void): FdWatch {
    const watch = this.#run.watches.add(fd, events, ready)
    this.wake()
    return watch
  }

  element(name: string): AnySelf | null {
    this.#asking?.ofElement(name)
    return this.#run.byName.get(name)?.self ?? null
  }

  readHandler(path: string, arg = '', from = ''): string {
    this.#asking?.ofGraph()
    return this.#run.handlers.read(path, arg, from)
  }

  writeHandler(path: string, value: string, from = ''): void {
    this.#asking?.ofGraph()
    this.#run.handlers.write(path, value, from)
  }

  writeHandlerLater(path: string, value: string): Promise<void> {
    return this.#run.handlers.writeLater(path, value)
  }

  findHandler(path: string, from = ''): HandlerInfo {
    this.#asking?.ofGraph()
    return this.#run.handlers.info(path, from)
  }

  /** Text of every handler's name: `element.handler`, global ones without an element. */
  listHandlers(element: string | null = null): { name: string; read: boolean; write: boolean }[] {
    const instance = element === null ? null : (this.#run.byName.get(element) ?? null)
    return this.#run.handlers.list(instance)
  }

  // ---- Its end --------------------------------------------------------------------------------

  /** Somebody has asked to stop, and nobody has objected yet: nothing more is begun in this turn. */
  get stopAsked(): boolean {
    return this.#run.runCount <= 0
  }

  stop(): void {
    this.#run.runCount--
    this.#run.tasks.interrupted = this.#run.runCount <= 0
    this.wake()
  }

  /** A driver script that waits for the next stop calls this. */
  keepRunning(): void {
    this.#run.runCount++
  }

  /** Makes an element the one that is asked before the router stops, by its handler `step`. */
  manageStops(name: string): void {
    if (this.#run.driverScript !== null) throw new Error('router has more than one driver script')
    this.#run.driverScript = name
  }

  /** Stops whatever a driver script says: a signal, the owner's wish. */
  stopNow(): void {
    this.#run.stopped = true
    this.wake()
  }

  #settleStop(): void {
    const run = this.#run
    const { driverScript: script } = run
    try {
      for (let n = 0; script !== null && n < STOP_REFUSALS && run.runCount <= 0; n++)
        run.handlers.write(`${script}.step`, 'router')
    } catch (error) {
      this.print(`While executing '${script}':\n  ${(error as Error).message}`)
    }
    run.tasks.interrupted = false
    if (run.runCount <= 0) run.stopped = true
  }

  /** Closes what elements opened, last first. The store and the ports stay the owner's. */
  close(): void {
    this.#run.active = false
    for (const { spec, self } of [...this.#run.instances].reverse()) spec.close?.(self)
  }
}

function isFull({ length, capacity }: Fifo): boolean {
  return length > 0 && length >= capacity
}
