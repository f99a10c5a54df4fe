// Makes a configuration ready to be at work in a router: state, selves, compiled paths, wake-ups;
// then opens and initialises every element that starts anew. Errors come all together, each with
// the element's file and line, and leave nothing open.
//
// In steps (a generator), none of them long: while a packet loop goes on, a turn takes one or a few
// (hand-over.ts). Nothing of what is at work is changed.

import { ClickUpError, type Finding } from '../lib/errors.ts'
import { ASKED_NOTHING } from './asked.ts'
import { compileSteps } from './compile.ts'
import type { StateDecl } from './declare.ts'
import type { ErrorContext, PushFn } from './element.ts'
import type { Graph, GraphElement } from './graph.ts'
import { type AnyHandler, Handlers } from './handlers.ts'
import { elementHandlers, type GlobalText, globalHandlers } from './handlers-default.ts'
import { type AnySelf, freezeSelf, makeSelf } from './instance.ts'
import type { Packet } from './packet.ts'
import type { Reconfigured } from './reconfigure.ts'
import type { Router } from './router.ts'
import type { Instance, Receiver, Running } from './running.ts'
import { flowCodes, homeThreads, ticketsOf } from './schedule-info.ts'
import { hooksOf, resolveWakeups } from './seats.ts'
import type { StateStore } from './state.ts'

export interface AssemblyParts {
  readonly router: Router
  /** Where the state of its elements goes. */
  readonly store: StateStore
  /** Where that of the running ones is. */
  readonly live: StateStore
  /** For the handler `config` of elements; null: none can be configured anew. */
  readonly reconfigured: Reconfigured | null
  /** Further global handlers, and texts of the standard ones. */
  readonly globals: Readonly<Record<string, AnyHandler>>
  readonly text: GlobalText
  readonly print: (line: string) => void
  /** How an element comes in; by its index. */
  readonly place: (e: GraphElement) => Placement
  /** All are made, none is started: what is wrong with them together is thrown here. */
  readonly made: (instances: readonly Instance[]) => void
}

export type Placement =
  | { readonly entry: 'anew'; readonly old: Instance | null }
  | { readonly entry: 'stays'; readonly old: Instance }
  /** Where the class says so (`carries`), or `always`; else anew. */
  | { readonly entry: 'may carry'; readonly old: Instance; readonly always: boolean }

export const ALL_ANEW = (): Placement => ({ entry: 'anew', old: null })

/** An instance that was to stay cannot: an element that starts has got hold of it, say. */
export class NotStaying extends Error {
  readonly instance: Instance
  constructor(instance: Instance) {
    super(`${instance.name} cannot stay as it is`)
    this.instance = instance
  }
}

/** Throws ClickUpError CONFIG with all findings, or NotStaying. */
export function* assemble(graph: Graph, parts: AssemblyParts): Generator<void, Running> {
  // Functions below must not keep `parts`: by its `place` hangs every configuration before.
  const { router, print, reconfigured } = parts
  const run = router.makeRunning(graph.elements.length)
  run.flows = flowCodes(graph.elements)
  run.homeThreads = homeThreads(graph.elements, router.threads)
  for (const [i, n] of ticketsOf(graph.elements).entries()) run.tasks.setTickets(i, n)
  const instances: Instance[] = []
  for (const e of graph.elements) {
    instances.push(makeInstance(graph, e, run, parts))
    yield
  }
  run.install(instances)
  parts.made(instances)
  yield
  yield* resolveWakeups(run)
  run.handlers = new Handlers(
    instances,
    run.byName,
    (instance) => elementHandlers(instance, router, reconfigured),
    { ...globalHandlers(router, parts.text), ...parts.globals },
    (error) => print(error.message),
  )
  yield
  const before = instances.some((i) => i.entry === 'stays') ? router.running.compiled : null
  run.compiled = yield* compileSteps(instances, router.pool, before)
  run.taskFunctions = run.compiled.task
  instances.forEach(({ self, entry }, i) => {
    if (entry === 'stays') return // `connect` does it: they are at work
    self.out = run.compiled.out[i]!
    self.in = run.compiled.in[i]!
  })
  yield
  yield* start(instances, run, router)
  return run
}

function makeInstance(graph: Graph, e: GraphElement, run: Running, parts: AssemblyParts): Instance {
  const placed = parts.place(e)
  const common = {
    index: e.index,
    name: e.name,
    spec: e.spec,
    made: e,
    config: e.configText,
    where: e.where,
    outputs: e.outputKinds.map((kind, k) => (kind === 'pull' ? 'pull' : graph.out(e.index, k))),
    inputs: e.inputKinds.map((kind, k) => (kind === 'push' ? 'push' : graph.in(e.index, k))),
  } as const
  if (placed.entry === 'stays') {
    const { self, seat, step, asked } = placed.old
    for (const entry of parts.live.entriesOf(placed.old.name)) parts.store.adopt(entry, e.name)
    return { ...common, self, seat, step, asked, old: placed.old, entry: 'stays' }
  }
  const { router, store } = parts
  let self: AnySelf | null = null
  const state: Record<string, unknown> = {}
  for (const [name, decl] of Object.entries((e.spec.state ?? {}) as Record<string, StateDecl>)) {
    const capacity = decl.kind === 'cell' ? 1 : numberOf(e, decl.capacity)
    const idle =
      decl.kind === 'table' && decl.expire !== undefined ? numberOf(e, decl.expire.after) : null
    state[name] = store.instantiate(e.name, e.className, name, decl, capacity, idle, () => self)
  }
  const seat = { run, index: e.index, name: e.name, nameSeen: false, id: router.takeId() }
  self = makeSelf({ ...e, state }, seat, router, hooksOf(seat, router.pool))
  const carries =
    placed.entry === 'may carry' &&
    (placed.always || e.spec.carries?.(self as never, placed.old.self) === true)
  const entry = carries ? 'carries' : 'anew'
  return { ...common, self, seat, step: null, asked: ASKED_NOTHING, old: placed.old, entry }
}

/** A bound of the declaration: a number, or the configuration keyword that has it. */
export function numberOf(e: GraphElement, bound: number | string): number {
  if (typeof bound === 'number') return bound
  const value = e.config[bound] ?? (e.plan as Record<string, unknown> | undefined)?.[bound]
  if (typeof value === 'number') return value
  throw new ClickUpError('INTERNAL', `${e.className}: no keyword ${bound} with a number`)
}

/** Who receives packets from which port; once `self.out` is what it is to be. */
export function receiversOf(instances: readonly Instance[], router: Router): Receiver[] {
  return instances.flatMap(({ spec, self }) => {
    if (spec.receives === undefined) return []
    const name = spec.receives(self) as string
    const port = router.port(name)
    if (port === null) return []
    const index = router.portIndex(name)
    const { out } = self
    const check = (spec.onReceive?.(self) ?? null) as ((p: Packet) => boolean) | null
    const push = check === null ? out[0]! : checked(check, self)
    const counters = self.counters as { count: number }
    return [{ port, index, counters, push, out, checked: check !== null }]
  })
}

function checked(check: (p: Packet) => boolean, self: AnySelf): PushFn {
  return (p) => {
    if (check(p)) self.out[0]!(p)
    else self.kill(p)
  }
}

/** Opens, then initialises; on errors closes what was opened. */
function* start(instances: readonly Instance[], run: Running, router: Router) {
  const findings: Finding[] = []
  const opened: Instance[] = []
  const heed = (name: string) => {
    const other = run.byName.get(name)
    if (other?.entry === 'stays') throw new NotStaying(other.old!)
  }
  const anew = instances.filter((i) => i.entry === 'anew')
  try {
    for (const instance of anew) {
      const { spec, self } = instance
      const errors = contextOf(instance, router, findings)
      const open = () => {
        if (spec.open !== undefined) self.resource = spec.open(self, errors)
        opened.push(instance)
      }
      instance.asked = router.starting(run, heed, () => attempt(errors, open))
      freezeSelf(self, spec)
      yield
    }
    for (const instance of findings.length === 0 ? anew : []) {
      const { spec, self } = instance
      const errors = contextOf(instance, router, findings)
      const initialize = () => attempt(errors, () => spec.initialize?.(self, errors))
      instance.asked = joined(instance.asked, router.starting(run, heed, initialize))
      yield
    }
    if (findings.length === 0) {
      opened.length = 0 // they are to stay open
      return
    }
  } finally {
    // Errors, or nobody wants it any more.
    for (const { spec, self } of opened.reverse()) spec.close?.(self)
  }
  const message = 'the router could not be initialised'
  throw new ClickUpError('CONFIG', message, 'correct what is listed and try again', findings)
}

function joined(a: Instance['asked'], b: Instance['asked']): Instance['asked'] {
  return { elements: new Set([...a.elements, ...b.elements]), graph: a.graph || b.graph }
}

function attempt(errors: ErrorContext, run: () => void): void {
  try {
    run()
  } catch (error) {
    if (error instanceof NotStaying) throw error
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
