// The simulated world: a clock that jumps from event to event, one seeded source of chance, and a
// hash over all that happens, so that the same seed can be shown to give the same run.
//
// A Process dies and may start again; what was scheduled for an earlier life of it does not happen.
// `survives` is asked before every action of a process: that is where planned crashes strike.

import { Random } from '../../lib/random.ts'

export class Process {
  readonly name: string
  alive = true
  life = 0
  /** What else dies with it. */
  onKill: () => void = () => {}

  constructor(name: string) {
    this.name = name
  }
}

interface Entry {
  readonly at: number
  readonly order: number
  readonly process: Process | null
  readonly life: number
  readonly run: () => void
}

/** Kills the process that carries out the n-th action of all (or of those of `who`). */
export interface Crash {
  readonly who: string | null
  readonly action: number
}

/** Kills `who` so long after something was logged for the first time: 'conductor drain', say. */
export interface Strike {
  readonly who: string
  readonly when: string
  readonly afterMs: number
}

export class World {
  now = 0
  /** Actions so far, in all and by process. */
  actions = 0
  readonly actionsOf = new Map<string, number>()
  readonly random: Random
  readonly crashes: Crash[]
  readonly strikes: Strike[] = []
  readonly processes = new Map<string, Process>()
  /** Lines of what happened, when asked for. */
  readonly lines: string[] = []
  readonly kills: string[] = []
  readonly #keepLines: boolean
  readonly #heap: Entry[] = []
  #order = 0
  #hash = 0x811c9dc5

  constructor(seed: number, crashes: readonly Crash[], keepLines: boolean) {
    this.random = new Random(seed)
    this.crashes = [...crashes]
    this.#keepLines = keepLines
  }

  /** Schedules for this life of a process (null: for the world itself). */
  after(ms: number, process: Process | null, run: () => void): void {
    this.at(this.now + ms, process, run)
  }

  at(at: number, process: Process | null, run: () => void): void {
    this.#order += 1
    const life = process === null ? 0 : process.life
    push(this.#heap, { at, order: this.#order, process, life, run })
  }

  /** Runs to a time, or until nothing is left to happen. */
  runUntil(ms: number): void {
    for (;;) {
      const first = this.#heap[0]
      if (first === undefined || first.at > ms) break
      pop(this.#heap)
      this.now = first.at
      const p = first.process
      if (p === null || (p.alive && p.life === first.life)) first.run()
    }
    this.now = Math.max(this.now, ms)
  }

  /** Takes part in the hash; `text` must not depend on anything but the run. */
  log(text: string): void {
    let h = this.#hash
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
    this.#hash = Math.imul(h ^ Math.round(this.now * 1000), 0x01000193)
    this.#strike(text)
    if (this.#keepLines) this.lines.push(`${this.now.toFixed(3).padStart(10)} ${text}`)
  }

  #strike(text: string): void {
    for (const strike of this.strikes.filter((s) => s.when === text)) {
      this.strikes.splice(this.strikes.indexOf(strike), 1)
      const victim = this.processes.get(strike.who)
      if (victim !== undefined)
        this.after(strike.afterMs, victim, () => this.kill(victim, `anything (after ${text})`))
    }
  }

  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0')
  }

  /** False: the process dies here, before the action. */
  survives(process: Process, action: string): boolean {
    if (!process.alive) return false
    this.actions += 1
    const own = (this.actionsOf.get(process.name) ?? 0) + 1
    this.actionsOf.set(process.name, own)
    const i = this.crashes.findIndex((c) =>
      c.who === null ? c.action === this.actions : c.who === process.name && c.action === own,
    )
    if (i < 0) return true
    this.crashes.splice(i, 1)
    this.kill(process, action)
    return false
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

  send(ms: number, process: Process | null, run: () => void): void {
    this.#last = Math.max(this.#last, this.#world.now + ms)
    this.#world.at(this.#last, process, run)
  }
}

/** States must be plain data: whatever is not would be lost here, and the run would differ. */
export function plainData<T>(state: T): T {
  return JSON.parse(JSON.stringify(state)) as T
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

function push(heap: Entry[], entry: Entry): void {
  let i = heap.length
  heap.push(entry)
  while (i > 0) {
    const parent = (i - 1) >> 1
    if (!before(entry, heap[parent]!)) break
    heap[i] = heap[parent]!
    i = parent
  }
  heap[i] = entry
}

function pop(heap: Entry[]): void {
  const entry = heap.pop()!
  if (heap.length === 0) return
  let i = 0
  for (;;) {
    let child = 2 * i + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1
    if (!before(heap[child]!, entry)) break
    heap[i] = heap[child]!
    i = child
  }
  heap[i] = entry
}
