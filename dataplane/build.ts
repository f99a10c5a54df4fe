// Makes a router of a resolved graph: state, selves, compiled paths, wake-ups; then opens and
// initialises every element. Errors come all together, each with the element's file and line, and
// leave nothing open.

import { ClickUpError, type Finding } from '../lib/errors.ts'
import type { SteerKey } from '../lib/steer.ts'
import type { RouterClock } from './clock.ts'
import { compile, type Node } from './compile.ts'
import type { StateDecl } from './declare.ts'
import type { ErrorContext, PushFn } from './element.ts'
import type { Graph, GraphElement } from './graph.ts'
import { type AnyHandler, Handlers } from './handlers.ts'
import { elementHandlers, type GlobalText, globalHandlers } from './handlers-default.ts'
import { type AnySelf, freezeSelf, type Hooks, makeSelf } from './instance.ts'
import type { Port } from './io/device.ts'
import type { Packet, Pool } from './packet.ts'
import { makeRandomness } from './randomness.ts'
import type { Reconfigured } from './reconfigure.ts'
import { type Gate, type Instance, Router } from './router.ts'
import { flowCodes, homeThreads, ticketsOf } from './schedule-info.ts'
import type { StateStore } from './state.ts'
import { listenersOf, sinksOf } from './wakeups.ts'

export interface RouterOptions {
  readonly pool: Pool
  /** Ports by name, in the order of the service file. */
  readonly ports: ReadonlyMap<string, Port>
  readonly store: StateStore
  readonly clock: RouterClock
  /** Seed of the router's generator. */
  readonly seed: number
  /** Where Print and errors of handlers go, line by line. */
  readonly print: (line: string) => void
  readonly gate?: Gate | null
  /** Steering key of each port, by index; not given: `flow`. */
  readonly steerKeys?: readonly SteerKey[]
  /**
   * The router that this one is to take over from, in the same process. Elements that carry on are
   * not opened and initialised: `handOver` (hand-over.ts) has to follow.
   */
  readonly predecessor?: Predecessor | null
  /** Threads that the command line asks for; 1 where it says nothing. */
  readonly threads?: number
  /**
   * For the handler `config` of elements. Not given: none can be configured anew.
   */
  readonly reconfigured?: Reconfigured
  /** Further global handlers, and texts of the standard ones. */
  readonly globals?: Readonly<Record<string, AnyHandler>>
  readonly text?: GlobalText
}

export interface Predecessor {
  readonly router: Router
  /** The new router is a copy: every element carries on. Else those that say so (`carries`). */
  readonly copy: boolean
}

/** Throws ClickUpError CONFIG with all findings. The router that comes back is standby. */
export function buildRouter(graph: Graph, options: RouterOptions): Router {
  // Functions below must not keep `options`: by its predecessor hangs every router before.
  const { pool, store, ports, print, reconfigured = null } = options
  const router = new Router(
    {
      pool,
      ports,
      clock: options.clock,
      random: options.predecessor?.router.randomness ?? makeRandomness(options.seed),
      print,
      bucketsLog2: store.bucketsLog2,
      steerKeys: options.steerKeys ?? [],
      sweep: (nowMs) => store.sweep(nowMs),
    },
    graph.elements.length,
  )
  router.gate = options.gate ?? null
  router.threads = options.threads ?? 1
  router.flows = flowCodes(graph.elements)
  router.homeThreads = homeThreads(graph.elements, router.threads)
  for (const [i, n] of ticketsOf(graph.elements).entries()) router.tasks.setTickets(i, n)
  const wakes = new Wakes(router)
  const instances: Instance[] = []
  for (const e of graph.elements) instances.push(makeInstance(graph, e, router, options, wakes))
  wakes.resolve(instances)
  router.install(instances)
  router.handlers = new Handlers(
    instances,
    router.byName,
    (instance) => elementHandlers(instance, router, reconfigured),
    { ...globalHandlers(router, options.text ?? {}), ...options.globals },
    (error) => print(error.message),
  )
  const compiled = compile(instances, pool)
  router.source = compiled.source
  router.taskFunctions = compiled.task
  instances.forEach(({ self }, i) => {
    self.out = compiled.out[i]!
    self.in = compiled.in[i]!
  })
  start(instances, router)
  router.receivers = instances.flatMap((instance) => receiverOf(instance, ports))
  return router
}

function makeInstance(
  graph: Graph,
  e: GraphElement,
  router: Router,
  { store, predecessor }: RouterOptions,
  wakes: Wakes,
): Instance {
  const state: Record<string, unknown> = {}
  let self: AnySelf | null = null
  for (const [name, decl] of Object.entries((e.spec.state ?? {}) as Record<string, StateDecl>)) {
    const capacity = decl.kind === 'cell' ? 1 : numberOf(e, decl.capacity)
    const idle =
      decl.kind === 'table' && decl.expire !== undefined ? numberOf(e, decl.expire.after) : null
    state[name] = store.instantiate(e.name, e.className, name, decl, capacity, idle, () => self)
  }
  self = makeSelf({ ...e, state }, router, wakes.hooks(e.index))
  const namesake = predecessor?.router.byName.get(e.name)
  const old = namesake?.spec === e.spec ? namesake : null
  return {
    old,
    carriesOn:
      old !== null &&
      (predecessor?.copy === true || e.spec.carries?.(self as never, old.self) === true),
    index: e.index,
    name: e.name,
    spec: e.spec,
    self,
    config: e.configText,
    where: e.where,
    outputs: e.outputKinds.map((kind, k) => (kind === 'pull' ? 'pull' : graph.out(e.index, k))),
    inputs: e.inputKinds.map((kind, k) => (kind === 'push' ? 'push' : graph.in(e.index, k))),
  }
}

/** A bound of the declaration: a number, or the configuration keyword that has it. */
function numberOf(e: GraphElement, bound: number | string): number {
  if (typeof bound === 'number') return bound
  const value = e.config[bound] ?? (e.plan as Record<string, unknown> | undefined)?.[bound]
  if (typeof value === 'number') return value
  throw new ClickUpError('INTERNAL', `${e.className}: no keyword ${bound} with a number`)
}

function receiverOf(instance: Instance, ports: ReadonlyMap<string, Port>) {
  const { spec, self } = instance
  if (spec.receives === undefined) return []
  const name = spec.receives(self) as string
  const port = ports.get(name)
  if (port === undefined) return []
  const index = [...ports.keys()].indexOf(name)
  const { out } = self
  const check = (spec.onReceive?.(self) ?? null) as ((p: Packet) => boolean) | null
  const push = check === null ? out[0]! : checked(check, self)
  const counters = self.counters as { count: number }
  return [{ port, index, counters, push, out, checked: check !== null }]
}

function checked(check: (p: Packet) => boolean, self: AnySelf): PushFn {
  return (p) => {
    if (check(p)) self.out[0]!(p)
    else self.kill(p)
  }
}

/** Opens, then initialises; on errors closes what was opened. */
function start(instances: readonly Instance[], router: Router): void {
  const findings: Finding[] = []
  const opened: Instance[] = []
  for (const instance of instances) {
    const errors = contextOf(instance, router, findings)
    attempt(errors, () => {
      if (instance.carriesOn) return
      if (instance.spec.open !== undefined)
        instance.self.resource = instance.spec.open(instance.self, errors)
      opened.push(instance)
    })
    if (!instance.carriesOn) freezeSelf(instance.self, instance.spec)
  }
  for (const instance of findings.length === 0 ? instances : []) {
    if (instance.carriesOn) continue
    const errors = contextOf(instance, router, findings)
    attempt(errors, () => instance.spec.initialize?.(instance.self, errors))
  }
  if (findings.length === 0) return
  for (const { spec, self } of opened.reverse()) spec.close?.(self)
  const message = 'the router could not be initialised'
  throw new ClickUpError('CONFIG', message, 'correct what is listed and try again', findings)
}

function attempt(errors: ErrorContext, run: () => void): void {
  try {
    run()
  } catch (error) {
    if (error instanceof ClickUpError && error.code === 'INTERNAL') throw error
    errors.error((error as Error).message)
  }
}

function contextOf(instance: Instance, router: Router, findings: Finding[]): ErrorContext {
  const head = `While initializing '${instance.name} :: ${instance.spec.name}':`
  const indented = (text: string) => text.replaceAll(/^/gm, '  ')
  return {
    error(text) {
      findings.push({ where: instance.where, message: `${head}\n${indented(text)}` })
    },
    warning(text) {
      router.print(`${instance.where}: ${head}\n  warning: ${text}`)
    },
    message(text) {
      router.print(`${instance.where}: ${head}\n${indented(text)}`)
    },
  }
}

/** Schedules, timers and notifications of each element, bound to its number. */
class Wakes {
  readonly #router: Router
  #listeners: (readonly number[])[] = []
  #sinks: (readonly number[] | null)[] = []
  #sources: (readonly number[])[] = []

  constructor(router: Router) {
    this.#router = router
  }

  resolve(nodes: readonly Node[]): void {
    this.#listeners = nodes.map((_, i) => listenersOf(nodes, i))
    this.#sinks = nodes.map((node, i) => (node.spec.task === undefined ? null : sinksOf(nodes, i)))
    this.#sources = nodes.map((_, i) =>
      nodes.flatMap((_, source) => (this.#sinks[source]?.includes(i) ? [source] : [])),
    )
  }

  hooks(i: number): Hooks {
    const { tasks, timers, pool, full: isFull, quiet } = this.#router
    const wakeAll = (elements: readonly number[]) => {
      for (let k = 0; k < elements.length; k++) tasks.schedule(elements[k]!)
    }
    return {
      schedule: () => tasks.schedule(i),
      timerAt: (ms) => timers.set(i, ms),
      kill: (p) => pool.free(p),
      notify: () => {
        quiet[i] = 0
        wakeAll(this.#listeners[i]!)
      },
      signalEmpty: () => {
        quiet[i] = 1
      },
      signalFull: (full) => {
        isFull[i] = full ? 1 : 0
        if (!full) wakeAll(this.#sources[i]!)
      },
      canPush: () => {
        const sinks = this.#sinks[i]!
        if (sinks === null) return true
        for (let k = 0; k < sinks.length; k++) if (isFull[sinks[k]!] === 0) return true
        return false
      },
    }
  }
}
