// One dataplane on its own, without a service around it: configuration text in, running router out.
// `click-up run` and tests use it. FromDevice(NAME) and ToDevice(NAME) open the interface NAME.

import { splitArgs } from '../lib/click/args.ts'
import { type FlatElement, type FlatGraph, parseConfig, unparse } from '../lib/click/index.ts'
import type { Finding } from '../lib/errors.ts'
import { ClickUpError } from '../lib/errors.ts'
import { STANDALONE_FRAMES } from '../lib/limits.ts'
import type { Swap } from './beside.ts'
import { buildRouter } from './build.ts'
import { type Classes, classFiles, loadClasses } from './classes.ts'
import type { RouterClock } from './clock.ts'
import {
  type Graph,
  INFORMATION_CLASSES,
  type Resolved,
  resolveGraph,
  resolveSteps,
} from './graph.ts'
import { type HandedOver, type Side, Successor } from './hand-over.ts'
import type { AnyHandler } from './handlers.ts'
import type { Driver, Port } from './io/device.ts'
import { Pool } from './packet.ts'
import type { Reconfigured } from './reconfigure.ts'
import { StateStore } from './state.ts'
import { tuneEngine } from './tune.ts'

export interface StandaloneOptions {
  readonly filename: string
  readonly defines?: Readonly<Record<string, string>>
  readonly clock: RouterClock
  readonly print: (line: string) => void
  readonly warnings?: boolean
  readonly seed?: number
  /** Threads that home threads may be given of; one runs everything. */
  readonly threads?: number
  /** Elements that the configuration has besides those of the text. */
  readonly extra?: readonly FlatElement[]
  readonly globals?: Readonly<Record<string, AnyHandler>>
  /** Opens the interfaces that the configuration names; not given: there are none. */
  readonly openPorts?: (names: readonly string[]) => Promise<Driver>
  /** Text of a `require(library …)` file; null: there is none. */
  readonly library?: (name: string) => { filename: string; text: string } | null
  /** Further element classes; they win over built-in ones. */
  readonly classes?: Classes
}

/** A configuration that was read and found right: what `assemble` makes a router of, any number of times. */
export interface Prepared {
  readonly options: StandaloneOptions
  readonly text: string
  readonly flat: FlatGraph
  readonly classes: Classes
  readonly graph: Graph
}

export interface Standalone extends Side {
  readonly driver: Driver | null
  /** As it is now: elements may have been configured anew. */
  prepared: Prepared
}

/** Which part refused the configuration: Click ends its messages differently. */
export type Stage = 'parse' | 'initialize'

export class Refused extends Error {
  readonly stage: Stage
  readonly findings: readonly Finding[]
  constructor(stage: Stage, findings: readonly Finding[]) {
    super('the configuration was refused')
    this.stage = stage
    this.findings = findings
  }
}

/**
 * Text to a standby router. Throws Refused, or ClickUpError where an interface cannot be opened.
 */
export async function standalone(text: string, options: StandaloneOptions): Promise<Standalone> {
  const prepared = await prepare(text, options)
  const driver = await openDriver(prepared.graph, options)
  const pool = driver?.pool ?? new Pool(STANDALONE_FRAMES)
  try {
    return assemble(prepared, pool, driver)
  } catch (error) {
    driver?.close()
    throw error
  }
}

/** Throws Refused. */
export async function prepare(text: string, options: StandaloneOptions): Promise<Prepared> {
  tuneEngine()
  const flat = parse(text, options)
  const classes = await loadClasses(
    flat.elements.map((e) => e.className),
    options.classes,
  )
  return { options, text, flat, classes, graph: resolve(flat, classes, options) }
}

/**
 * A new configuration in place of a running one, which goes on untouched where this throws Refused.
 * Says what state could not be taken over.
 */
export function replaceBy(prepared: Prepared, running: Standalone): Standalone {
  const { options, graph } = prepared
  const configuration = configurationOf(prepared, () => running)
  const next = new Successor(running, graph, { ...configuration, kind: 'config' })
  try {
    for (const line of next.finish().lost) options.print(line)
  } catch (error) {
    throw refusal(error)
  }
  running.prepared = prepared
  return running
}

/**
 * The same in steps, between which packets are forwarded (beside.ts). Throws Refused; so does the
 * first word of it, where the text cannot be read.
 */
export async function replacement(
  text: string,
  options: StandaloneOptions,
  running: Standalone,
): Promise<Generator<void, Swap<HandedOver>>> {
  const flat = parse(text, options)
  const names = flat.elements.map((e) => e.className)
  const classes = await loadClasses(names, options.classes)
  return replaceSteps({ options, text, flat, classes }, running)
}

function* replaceSteps(
  read: Omit<Prepared, 'graph'>,
  running: Standalone,
): Generator<void, Swap<HandedOver>> {
  const { options, flat, classes } = read
  const known = running.router.instances.map((i) => i.made)
  const resolved = yield* resolveSteps(flat, (name) => classes.get(name), { known })
  const graph = accepted(resolved, options)
  const prepared = { ...read, graph }
  const configuration = configurationOf(prepared, () => running)
  const next = new Successor(running, graph, { ...configuration, kind: 'config' })
  try {
    yield* next.steps()
  } catch (error) {
    throw refusal(error)
  }
  return {
    swap: () => {
      next.swap()
      running.prepared = prepared
      running.router.activate()
    },
    after: () => {
      const result = next.after()
      for (const line of result.lost) options.print(line)
      return result
    },
  }
}

/** A fresh copy of what runs, made of its configuration anew, that has taken over from it. */
export function copyOf(running: Standalone, bySnapshot = false): Standalone {
  const { options, classes, flat } = running.prepared
  const graph = resolve(flat, classes, { ...options, warnings: false })
  const prepared = { ...running.prepared, graph }
  const configuration = configurationOf(prepared, () => running)
  new Successor(running, graph, { ...configuration, kind: 'copy', bySnapshot }).finish()
  running.prepared = prepared
  return running
}

function refusal(error: unknown): unknown {
  if (error instanceof ClickUpError && error.code === 'CONFIG')
    return new Refused('initialize', error.findings)
  return error
}

/** What a router has of its configuration besides the graph. */
function configurationOf({ options, text, flat }: Prepared, running: () => Standalone | null) {
  return {
    print: options.print,
    reconfigured: (index: number, config: string) => reconfigured(running()!, index, config),
    globals: options.globals ?? {},
    text: {
      config: text,
      flatconfig: () => unparse(running()?.prepared.flat ?? flat),
      requirements: flat.requirements,
      classes: [...classFiles().keys()].sort(),
    },
  }
}

function assemble(prepared: Prepared, pool: Pool, driver: Driver | null): Standalone {
  const { options, graph } = prepared
  let self: Standalone | null = null
  const ports = new Map<string, Port>(driver?.ports.map((port) => [port.name, port]))
  const { clock, time } = timeOf(options.clock)
  const store = new StateStore({ bucketsLog2: 0, pool, clock: time })
  try {
    const router = buildRouter(graph, {
      ...configurationOf(prepared, () => self),
      pool,
      ports,
      store,
      clock,
      seed: options.seed ?? 1,
      threads: options.threads ?? 1,
    })
    self = { router, driver, store, time, prepared }
    return self
  } catch (error) {
    throw refusal(error)
  }
}

/** The graph with another configuration of one element; what runs is not touched. */
function reconfigured(of: Standalone, index: number, config: string): ReturnType<Reconfigured> {
  const { flat, classes } = of.prepared
  const elements = flat.elements.map((e, i) =>
    i === index ? { ...e, config, args: splitArgs(config) } : e,
  )
  const changed = { ...flat, elements }
  const { graph, errors, warnings } = resolveGraph(changed, (name) => classes.get(name))
  // The heading names the element, which the caller knows.
  const reasons = errors.map(({ message }) =>
    message.replace(/^While configuring .*\n/, '').replaceAll(/^ {2}/gm, ''),
  )
  if (graph === null || errors.length > 0) throw new Error(reasons.join('\n'))
  const { name } = elements[index]!
  for (const { message } of warnings)
    if (message.startsWith(`While configuring '${name} ::`))
      of.router.print(message.replace(/^.*/, `While calling '${name}.config ${config}':`))
  const keep = () => {
    of.prepared = { ...of.prepared, flat: changed, graph }
  }
  return { element: graph.elements[index]!, keep }
}

/** A clock whose last time can be read again: tables and elements of a turn see the same. */
function timeOf(clock: RouterClock) {
  const time = { nowMs: clock.nowMs() }
  return {
    time,
    clock: {
      nowMs: () => {
        time.nowMs = clock.nowMs()
        return time.nowMs
      },
      epochUs: () => clock.epochUs(),
    },
  }
}

function parse(text: string, options: StandaloneOptions): FlatGraph {
  const parsed = parseConfig(text, {
    filename: options.filename,
    defines: options.defines ?? {},
    known: (name) => isClass(name) || options.classes?.has(name) === true,
    ...(options.library === undefined ? {} : { library: options.library }),
  })
  if (options.warnings !== false) {
    for (const { where, message } of parsed.warnings) options.print(`${where}: ${message}`)
  }
  if (parsed.errors.length > 0) throw new Refused('parse', parsed.errors)
  const extra = options.extra ?? []
  return { ...parsed.graph, elements: [...parsed.graph.elements, ...extra] }
}

function isClass(name: string): boolean {
  return classFiles().has(name) || INFORMATION_CLASSES.has(name)
}

function resolve(flat: FlatGraph, classes: Classes, options: StandaloneOptions): Graph {
  return accepted(
    resolveGraph(flat, (name) => classes.get(name)),
    options,
  )
}

function accepted({ graph, errors, warnings }: Resolved, options: StandaloneOptions): Graph {
  if (options.warnings !== false) {
    for (const { where, message } of warnings) options.print(`${where}: ${message}`)
  }
  if (graph === null || errors.length > 0) throw new Refused('initialize', errors)
  return graph
}

/** Interfaces that elements of the graph read or write, once each. */
async function openDriver(graph: Graph, options: StandaloneOptions): Promise<Driver | null> {
  const names = new Set<string>()
  for (const { className, config } of graph.elements) {
    const { DEVNAME } = config as { DEVNAME?: string }
    if (/^(?:From|To)Device$/.test(className) && DEVNAME !== undefined) names.add(DEVNAME)
  }
  if (names.size === 0 || options.openPorts === undefined) return null
  return options.openPorts([...names])
}
