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
export interface AnySelf extends Hooks {
  readonly name: string
  readonly className: string
  readonly ninputs: number
  readonly noutputs: number
  readonly inputKinds: readonly ('push' | 'pull')[]
  readonly outputKinds: readonly ('push' | 'pull')[]
  readonly config: unknown
  readonly plan: unknown
  readonly counters: Record<string, number>
  readonly state: Readonly<Record<string, unknown>>
  resource: unknown
  out: readonly PushFn[]
  in: readonly PullFn[]
  readonly router: RouterServices
}

export function makeSelf(
  from: InstanceSpec,
  seat: Seat,
  router: RouterServices,
  hooks: Hooks,
): AnySelf {
  return {
    get name() {
      seat.nameSeen = true
      return seat.name
    },
    className: from.className,
    ninputs: from.ninputs,
    noutputs: from.noutputs,
    inputKinds: from.inputKinds,
    outputKinds: from.outputKinds,
    config: Object.freeze(from.config),
    plan: from.plan,
    counters: makeCounters(from.spec),
    state: Object.freeze(from.state),
    resource: null,
    out: [],
    in: [],
    router,
    kill: hooks.kill,
    schedule: hooks.schedule,
    timerAt: hooks.timerAt,
    notify: hooks.notify,
    signalEmpty: hooks.signalEmpty,
    signalFull: hooks.signalFull,
    canPush: hooks.canPush,
  }
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
    if (!REPLACEABLE.has(name) && name !== 'name')
      Object.defineProperty(self, name, { writable: false })
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
