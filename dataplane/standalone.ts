// One dataplane on its own, without a service around it: configuration text in, running router out.
// `click-up run` and tests use it. FromDevice(NAME) and ToDevice(NAME) open the interface NAME.

import { type FlatElement, type FlatGraph, parseConfig, unparse } from '../lib/click/index.ts'
import type { Finding } from '../lib/errors.ts'
import { ClickUpError } from '../lib/errors.ts'
import { STANDALONE_FRAMES } from '../lib/limits.ts'
import { buildRouter } from './build.ts'
import { type Classes, classFiles, loadClasses } from './classes.ts'
import type { RouterClock } from './clock.ts'
import { type Graph, INFORMATION_CLASSES, resolveGraph } from './graph.ts'
import type { AnyHandler } from './handlers.ts'
import type { Driver, Port } from './io/device.ts'
import { Pool } from './packet.ts'
import type { Router } from './router.ts'
import { StateStore } from './state.ts'
import { tuneEngine } from './tune.ts'

export interface StandaloneOptions {
  readonly filename: string
  readonly defines?: Readonly<Record<string, string>>
  readonly clock: RouterClock
  readonly print: (line: string) => void
  readonly warnings?: boolean
  readonly seed?: number
  /** Elements that the configuration has besides those of the text. */
  readonly extra?: readonly FlatElement[]
  readonly globals?: Readonly<Record<string, AnyHandler>>
  /** Opens the interfaces that the configuration names; not given: there are none. */
  readonly openPorts?: (names: readonly string[]) => Promise<Driver>
  /** Further element classes; they win over built-in ones. */
  readonly classes?: Classes
}

export interface Standalone {
  readonly router: Router
  readonly driver: Driver | null
  readonly store: StateStore
  readonly flat: FlatGraph
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
export async function standalone(
  text: string,
  options: StandaloneOptions,
  shared: { pool: Pool; driver: Driver | null } | null = null,
): Promise<Standalone> {
  tuneEngine()
  const flat = parse(text, options)
  const classes = await loadClasses(
    flat.elements.map((e) => e.className),
    options.classes,
  )
  const graph = resolve(flat, classes, options)
  const driver = shared === null ? await openDriver(graph, options) : shared.driver
  const pool = shared?.pool ?? driver?.pool ?? new Pool(STANDALONE_FRAMES)
  const ports = new Map<string, Port>(driver?.ports.map((port) => [port.name, port]))
  const time = timeOf(options.clock)
  const store = new StateStore({ bucketsLog2: 0, pool, clock: time.read })
  try {
    const router = buildRouter(graph, {
      pool,
      ports,
      store,
      clock: time.clock,
      seed: options.seed ?? 1,
      print: options.print,
      globals: options.globals ?? {},
      text: {
        config: text,
        flatconfig: unparse(flat),
        requirements: flat.requirements,
        classes: [...classFiles().keys()].sort(),
      },
    })
    return { router, driver, store, flat }
  } catch (error) {
    if (shared === null) driver?.close()
    if (error instanceof ClickUpError && error.code === 'CONFIG')
      throw new Refused('initialize', error.findings)
    throw error
  }
}

/** A clock whose last time can be read again: tables and elements of a turn see the same. */
function timeOf(clock: RouterClock): { clock: RouterClock; read: { nowMs: number } } {
  const read = { nowMs: clock.nowMs() }
  return {
    read,
    clock: {
      nowMs: () => {
        read.nowMs = clock.nowMs()
        return read.nowMs
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
  const { graph, errors, warnings } = resolveGraph(flat, (name) => classes.get(name))
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
