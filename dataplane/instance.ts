// One element of a running graph: its frozen `self`, made from the declarations.
//
// Everything that an element's functions may touch hangs off `self`, and nothing of it can be
// replaced: what changes are counters, rows and packets, which the engine knows of. All selves have
// the same shape, so that the engine's own accesses stay monomorphic.

import type { AnyElement, PullFn, PushFn, RouterServices } from './element.ts'
import type { Packet } from './packet.ts'
import type { Running } from './running.ts'

/** What the engine does for one element. */
export interface Hooks {
  schedule(): void
  timerAt(ms: number): void
  notify(): void
  signalEmpty(): void
  signalFull(full: boolean): void
  canPush(): boolean
  kill(p: Packet): void
}

/** Where an instance sits: what changes for one that stays when the configuration around it does. */
export interface Seat {
  run: Running
  index: number
  /** Unnamed elements are numbered by their place. */
  name: string
  /** Somebody has asked for the name: it may be written down somewhere. */
  nameSeen: boolean
  /** Its number in generated code. */
  id: number
}

export interface InstanceSpec {
  readonly className: string
  readonly spec: AnyElement
  readonly ninputs: number
  readonly noutputs: number
  readonly inputKinds: readonly ('push' | 'pull')[]
  readonly outputKinds: readonly ('push' | 'pull')[]
  readonly config: unknown
  readonly plan: unknown
  readonly state: Readonly<Record<string, unknown>>
}

/** An element's self as the engine sees it while it builds: the last three are filled in later. */
export interface AnySelf extends Hooks, Omit<InstanceSpec, 'spec'> {
  readonly name: string
  readonly counters: Record<string, number>
  resource: unknown
  out: readonly PushFn[]
  in: readonly PullFn[]
  readonly router: RouterServices
}

/**
 * A class, with `name` on its prototype: V8 gives an object that has an accessor of its own a hidden
 * class of its own, and then looks up each of its properties by name.
 */
class Self implements AnySelf {
  // biome-ignore lint/complexity/useLiteralKeys: `in` alone is not parsed as a field's name
  ['in']: readonly PullFn[] = []
  readonly className: string
  readonly ninputs: number
  readonly noutputs: number
  readonly inputKinds: readonly ('push' | 'pull')[]
  readonly outputKinds: readonly ('push' | 'pull')[]
  readonly config: unknown
  readonly plan: unknown
  readonly counters: Record<string, number>
  readonly state: Readonly<Record<string, unknown>>
  resource: unknown = null
  out: readonly PushFn[] = []
  readonly router: RouterServices
  readonly kill: Hooks['kill']
  readonly schedule: Hooks['schedule']
  readonly timerAt: Hooks['timerAt']
  readonly notify: Hooks['notify']
  readonly signalEmpty: Hooks['signalEmpty']
  readonly signalFull: Hooks['signalFull']
  readonly canPush: Hooks['canPush']
  readonly #seat: Seat

  constructor(from: InstanceSpec, seat: Seat, router: RouterServices, hooks: Hooks) {
    this.className = from.className
    this.ninputs = from.ninputs
    this.noutputs = from.noutputs
    this.inputKinds = from.inputKinds
    this.outputKinds = from.outputKinds
    this.config = Object.freeze(from.config)
    this.plan = from.plan
    this.counters = makeCounters(from.spec)
    this.state = Object.freeze(from.state)
    this.router = router
    this.kill = hooks.kill
    this.schedule = hooks.schedule
    this.timerAt = hooks.timerAt
    this.notify = hooks.notify
    this.signalEmpty = hooks.signalEmpty
    this.signalFull = hooks.signalFull
    this.canPush = hooks.canPush
    this.#seat = seat
  }

  get name(): string {
    this.#seat.nameSeen = true
    return this.#seat.name
  }
}

export function makeSelf(
  from: InstanceSpec,
  seat: Seat,
  router: RouterServices,
  hooks: Hooks,
): AnySelf {
  return new Self(from, seat, router, hooks)
}

/**
 * After `open`: from here on nothing in it can be replaced. `out` and `in` are read-only by type
 * alone: V8 compiles a load from a frozen array to a call.
 */
export function freezeSelf(self: AnySelf, spec: AnyElement): void {
  if (spec.reconfigures !== true) {
    Object.freeze(self)
    return
  }
  Object.seal(self)
  for (const name of Object.keys(self))
    if (!REPLACEABLE.has(name)) Object.defineProperty(self, name, { writable: false })
}

/** What the engine replaces where an element may be configured anew (reconfigure.ts). */
const REPLACEABLE = new Set(['config', 'plan', 'resource'])

class Counters {
  [name: string]: number
}

function makeCounters(spec: AnyElement): Record<string, number> {
  // A fraction first: the JavaScript engine then keeps them as doubles in place, and a count that
  // outgrows a small integer costs nothing. A class of their own: what other objects hold under the
  // same name would count too.
  const counters = new Counters()
  for (const name of Object.keys(spec.counters ?? {})) counters[name] = 0.5
  for (const name of Object.keys(counters)) counters[name] = 0
  return Object.seal(counters)
}
