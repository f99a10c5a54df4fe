// Tasks and timers of a router: what makes elements run without a packet coming in.
//
// A task is asked to run by `schedule` and runs in the next turn, in the order of asking; while it
// says that it did something it stays. Where tasks have different tickets (ScheduleInfo), those with
// more run more often: each has a pass, the queue is in the order of passes, and a run adds a stride. A timer is one time for each element. Both work on numbers
// of elements and on typed arrays: nothing is allocated when a task runs.

import { TASKS_PER_TURN } from '../lib/limits.ts'
import { TICKETS_DEFAULT, TICKETS_MAX } from './schedule-info.ts'

/** What a run of a task with one ticket adds to its pass, as in Click. */
const STRIDE_ONE = 65_536

export class TaskList {
  readonly #run: (element: number) => boolean
  readonly #queue: Int32Array
  readonly #mask: number
  readonly #scheduled: Uint8Array
  #head = 0
  #count = 0
  /** By element: how far it stands, and what a run adds. Null while all have the same tickets. */
  #pass: Float64Array | null = null
  #stride: Float64Array | null = null
  #tickets: Int32Array | null = null
  /** Where the task that ran last stood. */
  #stands = 0
  #running = -1
  /** Ends a turn's runs before they are through: the driver is to stop. */
  interrupted = false
  /** Called when the list was empty and is not now: ends the loop's sleep. */
  onWake: (() => void) | null = null

  constructor(elements: number, run: (element: number) => boolean) {
    const size = 1 << Math.ceil(Math.log2(Math.max(2, elements)))
    this.#run = run
    this.#queue = new Int32Array(size)
    this.#mask = size - 1
    this.#scheduled = new Uint8Array(elements)
  }

  get pending(): number {
    return this.#count
  }

  isScheduled(element: number): boolean {
    return this.#scheduled[element] === 1
  }

  schedule(element: number): void {
    if (this.#scheduled[element] === 1) return
    this.#scheduled[element] = 1
    this.#queue[(this.#head + this.#count) & this.#mask] = element
    this.#count++
    if (this.#pass !== null) this.#place(element)
    if (this.#count === 1 && this.onWake !== null) this.onWake()
  }

  ticketsOf(element: number): number {
    return this.#tickets === null ? TICKETS_DEFAULT : this.#tickets[element]!
  }

  /** How often an element's task runs against others. */
  setTickets(element: number, tickets: number): void {
    const n = Math.min(Math.max(tickets, 1), TICKETS_MAX)
    if (this.#tickets === null) {
      if (n === TICKETS_DEFAULT) return
      const size = this.#scheduled.length
      const same = Math.floor(STRIDE_ONE / TICKETS_DEFAULT)
      this.#tickets = new Int32Array(size).fill(TICKETS_DEFAULT)
      this.#stride = new Float64Array(size).fill(same)
      this.#pass = new Float64Array(size).fill(this.#stands + same)
    }
    this.#tickets[element] = n
    this.#stride![element] = Math.floor(STRIDE_ONE / n)
  }

  /** The last of the queue goes to its place: behind those that stand as far. */
  #place(element: number): void {
    const pass = this.#pass!
    const ring = this.#queue
    const mask = this.#mask
    const first = ring[this.#head & mask]!
    // One that wakes starts beside the one that is next, so that it has nothing to catch up.
    const from =
      element === this.#running ? pass[element]! : this.#count > 1 ? pass[first]! : this.#stands
    const mine = from + this.#stride![element]!
    pass[element] = mine
    let at = this.#head + this.#count - 1
    for (; at > this.#head && pass[ring[(at - 1) & mask]!]! > mine; at--)
      ring[at & mask] = ring[(at - 1) & mask]!
    ring[at & mask] = element
  }

  unschedule(element: number): void {
    if (this.#scheduled[element] === 0) return
    const kept: number[] = []
    for (let k = 0; k < this.#count; k++) {
      const e = this.#queue[(this.#head + k) & this.#mask]!
      if (e !== element) kept.push(e)
    }
    this.#scheduled[element] = 0
    this.#count = kept.length
    kept.forEach((e, k) => {
      this.#queue[(this.#head + k) & this.#mask] = e
    })
  }

  /** Runs scheduled tasks, each as often as it has work and the turn has room; true: one had. */
  runTurn(): boolean {
    let worked = false
    for (let n = 0; n < TASKS_PER_TURN && this.#count > 0 && !this.interrupted; n++)
      if (this.runNext()) worked = true
    return worked
  }

  /** Runs the task whose turn it is; there must be one. True: it had work, and comes again. */
  runNext(): boolean {
    const element = this.#queue[this.#head]!
    this.#head = (this.#head + 1) & this.#mask
    this.#count--
    this.#scheduled[element] = 0
    if (this.#pass !== null) return this.#runStrided(element, this.#pass)
    if (!this.#run(element)) return false
    this.schedule(element)
    return true
  }

  #runStrided(element: number, pass: Float64Array): boolean {
    this.#stands = pass[element]!
    this.#running = element
    const worked = this.#run(element)
    if (worked) this.schedule(element)
    this.#running = -1
    return worked
  }

  /** Nothing runs any more, and whoever schedules hears of it. */
  retire(stale: () => never): void {
    this.#scheduled.fill(0)
    this.#count = 0
    this.onWake = stale
  }

  /** Schedules what another list has scheduled, in its order. @param heirs new numbers by old ones; -1: none */
  adopt(old: TaskList, heirs: Int32Array): void {
    old.#tickets?.forEach((n, k) => {
      const heir = heirs[k]!
      if (heir >= 0) this.setTickets(heir, n)
    })
    for (let k = 0; k < old.#count; k++) {
      const heir = heirs[old.#queue[(old.#head + k) & old.#mask]!]!
      if (heir < 0 || this.#scheduled[heir] === 1) continue
      // Not `schedule`: the old order stands, and so does what each task stands at.
      this.#scheduled[heir] = 1
      this.#queue[(this.#head + this.#count++) & this.#mask] = heir
    }
    if (old.#pass === null || this.#pass === null) return
    this.#stands = old.#stands
    for (const [k, pass] of old.#pass.entries()) if (heirs[k]! >= 0) this.#pass[heirs[k]!] = pass
  }
}

/**
 * One time for each element; few are set at once, so finding the next is a scan over those that
 * ever were.
 */
export class TimerList {
  readonly #fire: (element: number) => void
  readonly #when: Float64Array
  readonly #order: Float64Array
  #used: number[] = []
  #sequence = 0
  /** The earliest time set; Infinity: none. */
  next = Infinity
  /** Called when `next` became earlier: the loop may be asleep until later. */
  onEarlier: (() => void) | null = null

  constructor(elements: number, fire: (element: number) => void) {
    this.#fire = fire
    this.#when = new Float64Array(elements).fill(Infinity)
    this.#order = new Float64Array(elements)
  }

  /** @param ms a time of the router's clock; negative: never */
  set(element: number, ms: number): void {
    const at = ms < 0 ? Infinity : ms
    const before = this.#when[element]!
    if (!this.#used.includes(element)) this.#used.push(element)
    this.#when[element] = at
    this.#order[element] = ++this.#sequence
    if (at < this.next) {
      this.next = at
      if (this.onEarlier !== null) this.onEarlier()
    } else if (before === this.next) {
      this.next = this.#earliest()
    }
  }

  timeOf(element: number): number {
    return this.#when[element]!
  }

  /**
   * Fires what is due, earliest first, while `goesOn`; what is set anew while doing so waits for the
   * next turn.
   */
  runTurn(nowMs: number, goesOn: () => boolean = () => true): boolean {
    if (this.next > nowMs) return false
    const last = this.#sequence
    while (goesOn() && this.runNext(nowMs, last)) {}
    return true
  }

  /** Number of the last `set`: `runNext` leaves alone what was set after it. */
  get sequence(): number {
    return this.#sequence
  }

  /** Fires the earliest that is due; false: none is. */
  runNext(nowMs: number, last: number): boolean {
    const element = this.#due(nowMs, last)
    if (element >= 0) {
      this.#when[element] = Infinity
      this.#fire(element)
    }
    this.next = this.#earliest()
    return element >= 0
  }

  /** Nothing is due any more, and whoever sets a time hears of it. */
  retire(stale: () => never): void {
    this.#when.fill(Infinity)
    this.next = Infinity
    this.onEarlier = stale
  }

  /** Takes over the times of another list. @param heirs new numbers by old ones; -1: none */
  adopt(old: TimerList, heirs: Int32Array): void {
    this.#sequence = Math.max(this.#sequence, old.#sequence)
    for (const element of old.#used) {
      const heir = heirs[element]!
      if (heir < 0) continue
      if (!this.#used.includes(heir)) this.#used.push(heir)
      this.#when[heir] = old.#when[element]!
      this.#order[heir] = old.#order[element]!
    }
    this.next = this.#earliest()
  }

  #due(nowMs: number, last: number): number {
    let best = -1
    for (const element of this.#used) {
      const at = this.#when[element]!
      if (at > nowMs || this.#order[element]! > last) continue
      if (best < 0 || this.#comesBefore(element, best)) best = element
    }
    return best
  }

  #comesBefore(a: number, b: number): boolean {
    const x = this.#when[a]!
    const y = this.#when[b]!
    return x < y || (x === y && this.#order[a]! < this.#order[b]!)
  }

  #earliest(): number {
    let at = Infinity
    for (const element of this.#used) at = Math.min(at, this.#when[element]!)
    return at
  }
}
