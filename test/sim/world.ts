// The simulated world: a clock that jumps from event to event, one seeded source of chance, and a
// hash over all that happens, so that the same seed can be shown to give the same run.
//
// A Process dies and may start again; what was scheduled for an earlier life of it does not happen.
// Each has lanes (threads): one that is stalled does nothing for a while, and then everything that
// came meanwhile, in order. `step` is called before each step of a process: message, timer, journal
// record, command. That is where planned faults strike; a death unwinds the stack by an exception,
// since it may come in the middle of the real code that runs here.

import { Random } from '../../lib/random.ts'
import { Heap } from './heap.ts'

/** One thread of a process. */
export interface Lane {
  readonly name: string
  stalledUntil: number
}

export class Process {
  readonly name: string
  readonly main: Lane
  readonly loop: Lane
  alive = true
  life = 0
  /** What else dies with it. */
  onKill: () => void = () => {}

  constructor(name: string) {
    this.name = name
    this.main = { name: `${name} main`, stalledUntil: 0 }
    this.loop = { name: `${name} loop`, stalledUntil: 0 }
  }
}

/** The process died in the middle of what it did. */
export class Killed extends Error {}

/**
 * What goes wrong with a step: its process dies before it, what is sent is lost, sent twice, late.
 */
export type Effect = 'none' | 'kill' | 'lose' | 'twice' | 'late'

/** How much later a step is that is late: beyond the patience of whoever waits for it. */
export const LATE_MS = 350

/** Makes the n-th step of all (`who` null) or of a process go wrong. */
export interface StepFault {
  readonly who: string | null
  readonly step: number
  readonly effect: Effect
}

/** Kills `who`, or stalls its threads, so long after something was logged for the first time. */
export interface Strike {
  readonly who: string
  readonly when: string
  readonly afterMs: number
  /** 0: it dies. */
  readonly stallMs: number
  /** The one thread that stalls; not given: both. */
  readonly lane?: 'main' | 'loop'
}

interface Entry {
  at: number
  readonly order: number
  readonly process: Process | null
  readonly lane: Lane | null
  readonly life: number
  readonly run: () => void
}

export interface WorldOptions {
  readonly seed: number
  readonly faults: readonly StepFault[]
  /** Keep the lines of what happened, and the names of the steps. */
  readonly keep: boolean
}

export class World {
  now = 0
  readonly random: Random
  readonly strikes: Strike[] = []
  readonly processes = new Map<string, Process>()
  readonly kills: string[] = []
  /** Steps so far; their names where they are kept. */
  steps = 0
  readonly stepsOf = new Map<string, number>()
  readonly stepNames: string[] = []
  readonly lines: string[] = []
  /** Exceptions out of the code that runs here: each is a finding. */
  readonly defects: string[] = []
  readonly #faults: StepFault[]
  readonly #keep: boolean
  readonly #heap = new Heap<Entry>(before)
  #order = 0
  #hash = 0x811c9dc5

  constructor({ seed, faults, keep }: WorldOptions) {
    this.random = new Random(seed)
    this.#faults = [...faults]
    this.#keep = keep
  }

  /** Schedules for this life of a process (null: for the world itself). */
  after(ms: number, process: Process | null, run: () => void, lane: Lane | null = null): void {
    this.at(this.now + ms, process, run, lane)
  }

  at(at: number, process: Process | null, run: () => void, lane: Lane | null = null): void {
    this.#order += 1
    const life = process === null ? 0 : process.life
    this.#heap.push({ at, order: this.#order, process, lane, life, run })
  }

  /** Runs to a time, or until nothing is left to happen. */
  runUntil(ms: number): void {
    for (;;) {
      const first = this.#heap.first()
      if (first === undefined || first.at > ms) break
      this.#heap.pop()
      this.now = first.at
      const { process: p, lane } = first
      if (p !== null && (!p.alive || p.life !== first.life)) continue
      if (lane !== null && lane.stalledUntil > this.now) {
        first.at = lane.stalledUntil
        this.#heap.push(first)
      } else this.#run(first)
    }
    this.now = Math.max(this.now, ms)
  }

  #run({ process, run }: Entry): void {
    try {
      run()
    } catch (error) {
      if (error instanceof Killed) return
      this.defects.push(String((error as Error).stack ?? error))
      if (process !== null) this.kill(process, 'an exception')
    }
  }

  /** Takes part in the hash; `text` must not depend on anything but the run. */
  log(text: string): void {
    let h = this.#hash
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
    this.#hash = Math.imul(h ^ Math.round(this.now * 1000), 0x01000193)
    this.#strike(text)
    if (this.#keep) this.lines.push(`${this.now.toFixed(3).padStart(10)} ${text}`)
  }

  /** For people who read the lines; no part of the hash. */
  note(text: string): void {
    if (this.#keep) this.lines.push(`${this.now.toFixed(3).padStart(10)} ${text}`)
  }

  #strike(text: string): void {
    for (const strike of this.strikes.filter((s) => s.when === text)) {
      this.strikes.splice(this.strikes.indexOf(strike), 1)
      const victim = this.processes.get(strike.who)
      if (victim === undefined) continue
      if (strike.stallMs > 0) this.after(strike.afterMs, victim, () => this.stall(victim, strike))
      else this.after(strike.afterMs, victim, () => this.kill(victim, `anything (after ${text})`))
    }
  }

  stall(victim: Process, { stallMs, lane }: Strike): void {
    this.log(`STALL ${victim.name} ${lane ?? ''} for ${stallMs.toFixed(1)} ms`)
    for (const thread of lane === undefined ? [victim.main, victim.loop] : [victim[lane]])
      thread.stalledUntil = Math.max(thread.stalledUntil, this.now + stallMs)
  }

  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0')
  }

  /** Before each step of a process. Throws Killed where the process dies here. */
  step(process: Process, what: string): Effect {
    if (!process.alive) throw new Killed()
    this.steps += 1
    const own = (this.stepsOf.get(process.name) ?? 0) + 1
    this.stepsOf.set(process.name, own)
    if (this.#keep) this.stepNames.push(`${process.name} ${what}`)
    if (this.#faults.length === 0) return 'none'
    const i = this.#faults.findIndex((f) =>
      f.who === null ? f.step === this.steps : f.who === process.name && f.step === own,
    )
    if (i < 0) return 'none'
    const [fault] = this.#faults.splice(i, 1)
    if (fault!.effect === 'kill') {
      this.kill(process, what)
      throw new Killed()
    }
    this.log(`FAULT ${fault!.effect}: ${process.name} ${what}`)
    return fault!.effect
  }

  kill(process: Process, where: string): void {
    if (!process.alive) return
    this.log(`KILL ${process.name} before ${where}`)
    this.kills.push(process.name)
    process.alive = false
    process.life += 1
    process.onKill()
  }
}

/** An ordered channel: what is sent later never arrives earlier. */
export class Fifo {
  readonly #world: World
  #last = 0

  constructor(world: World) {
    this.#world = world
  }

  send(ms: number, process: Process | null, run: () => void, lane: Lane | null = null): void {
    this.#last = Math.max(this.#last, this.#world.now + ms)
    this.#world.at(this.#last, process, run, lane)
  }
}

/** States must be plain data: whatever is not would be lost here, and the run would differ. */
export function plainData<T>(state: T): T {
  return JSON.parse(JSON.stringify(state)) as T
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
