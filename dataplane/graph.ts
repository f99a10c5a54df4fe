// A flat graph of names becomes a resolved one: every element with its specification, arguments
// parsed, ports counted, each port push or pull. Pure: it is also what `click-up check` runs.
//
// Every error is found that can be: ports, push and pull, arguments and each element's own check
// are looked at whatever the others found, except where one error would only follow from another.

import { parseArgs } from '../lib/click/args.ts'
import { Findings } from '../lib/click/findings.ts'
import type { FlatConnection, FlatElement, FlatGraph } from '../lib/click/flat.ts'
import { ClickUpError, type Finding } from '../lib/errors.ts'
import { CONNECTIONS_MAX } from '../lib/limits.ts'
import { type AddressTable, type AnyElement, type ConfigureContext, element } from './element.ts'
import { AddressBook } from './graph-addresses.ts'
import {
  type FlowLink,
  flowLinks,
  type PortCounts,
  type Processing,
  portCounts,
  portProcessing,
} from './graph-codes.ts'
import { resolveFlow } from './graph-flow.ts'
import { type Question, Surroundings } from './graph-surroundings.ts'

export type PortKind = 'push' | 'pull'

export interface GraphElement {
  readonly index: number
  readonly name: string
  readonly className: string
  readonly spec: AnyElement
  /** `file:line` of the declaration. */
  readonly where: string
  /** Arguments as written. */
  readonly args: readonly string[]
  /** Configuration string as written. */
  readonly configText: string
  /** Parsed by the declaration; {} where that is 'raw'. */
  readonly config: Readonly<Record<string, unknown>>
  /** What `configure` returned. */
  readonly plan: unknown
  readonly ninputs: number
  readonly noutputs: number
  readonly inputKinds: readonly PortKind[]
  readonly outputKinds: readonly PortKind[]
  readonly addresses: AddressTable
  /** What `configure` asked of the configuration around it, and was answered. */
  readonly asked: readonly Question[]
}

export interface PortRef {
  readonly element: number
  readonly port: number
}

export interface GraphConnection {
  readonly from: number
  readonly fromPort: number
  readonly to: number
  readonly toPort: number
  readonly kind: PortKind
  readonly where: string
}

export interface Graph {
  readonly elements: readonly GraphElement[]
  readonly connections: readonly GraphConnection[]
  readonly requirements: readonly string[]
  /** Where a push output leads to: its one input; null: not connected. */
  out(element: number, port: number): PortRef | null
  /** Where a pull input fetches from: its one output; null: not connected. */
  in(element: number, port: number): PortRef | null
}

export interface ResolveOptions {
  /** Addresses of network interfaces by name; they come after the graph's own names. */
  readonly interfaces?: AddressTable
  /**
   * The text had errors: what may only follow from them (unused ports, unknown classes) is not
   * reported again, what else is wrong is.
   */
  readonly partial?: boolean
  /**
   * Elements that were configured before: one of the same class and arguments that would be answered
   * the same is not configured again.
   */
  readonly known?: readonly GraphElement[]
}

export interface Resolved {
  /** Null where there are errors, here or (`partial`) in the text. */
  readonly graph: Graph | null
  readonly errors: readonly Finding[]
  readonly warnings: readonly Finding[]
}

/**
 * Elements that only inform others and have no ports. They need no class of their own: AddressInfo
 * and PortInfo are read here, the others hold hints for machines that we are not.
 */
export const INFORMATION_CLASSES: ReadonlySet<string> = new Set([
  'AddressInfo',
  'AlignmentInfo',
  'AnnotationInfo',
  'PortInfo',
  'ScheduleInfo',
])

const INFORMATION = new Map(
  [...INFORMATION_CLASSES].map((name) => [name, element({ name, ports: '0/0', config: 'raw' })]),
)

export function resolveGraph(
  flat: FlatGraph,
  classes: (name: string) => AnyElement | undefined,
  options: ResolveOptions = {},
): Resolved {
  const steps = resolveSteps(flat, classes, options)
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value
}

/** The same in steps, one an element: for where packets wait meanwhile. */
export function resolveSteps(
  flat: FlatGraph,
  classes: (name: string) => AnyElement | undefined,
  options: ResolveOptions = {},
): Generator<void, Resolved> {
  return new Resolver(flat, classes, options).steps()
}

/** What is known of an element before it is configured. */
interface Shape extends PortCounts {
  readonly flat: FlatElement
  readonly declaration: string
  /** Null: no such class. */
  readonly spec: AnyElement | null
  readonly inputs: readonly Processing[]
  readonly outputs: readonly Processing[]
  readonly links: readonly FlowLink[]
}

class Resolver {
  readonly #flat: FlatGraph
  readonly #classes: (name: string) => AnyElement | undefined
  readonly #partial: boolean
  readonly #book: AddressBook
  readonly #findings = new Findings()
  readonly #around: Surroundings

  constructor(
    flat: FlatGraph,
    classes: (name: string) => AnyElement | undefined,
    options: ResolveOptions,
  ) {
    this.#flat = flat
    this.#classes = classes
    this.#partial = options.partial === true
    this.#book = new AddressBook(options.interfaces ?? null)
    this.#around = new Surroundings(flat, options.known ?? [])
  }

  *steps(): Generator<void, Resolved> {
    if (this.#tooManyPorts()) {
      this.#error('', `too many ports (at most ${2 * CONNECTIONS_MAX})`)
      return { graph: null, errors: this.#findings.errors, warnings: [] }
    }
    const shapes = this.#shapes()
    yield
    const connections = this.#inRange(shapes)
    const flow = shapes.map((shape) => ({ ...shape, where: shape.flat.where }))
    const kinds = resolveFlow(flow, connections, (where, message) => this.#error(where, message))
    this.#checkReuse(shapes, connections, kinds)
    if (!this.#partial) this.#checkUnused(shapes)
    yield
    this.#readAddresses()
    const elements: (GraphElement | null)[] = []
    for (const [index, shape] of shapes.entries()) {
      const { inputs, outputs } = kinds[index]!
      elements.push(this.#configured(shape, { index, inputKinds: inputs, outputKinds: outputs }))
      yield
    }
    const { errors, warnings } = this.#findings
    if (errors.length > 0 || this.#partial) return { graph: null, errors, warnings }
    const whole = elements.filter((e) => e !== null)
    const kinded = connections.map((c) => ({
      ...c,
      kind: kinds[c.from]!.outputs[c.fromPort]!,
    }))
    return { graph: makeGraph(whole, kinded, this.#flat.requirements), errors, warnings }
  }

  #error(where: string, message: string): void {
    this.#findings.error(where, message)
  }

  /** A connection to port 200,000 makes as many ports: the sum is bounded as connections are. */
  #tooManyPorts(): boolean {
    const { inputs, outputs } = this.#usedPorts()
    const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0)
    return sum(inputs) + sum(outputs) > 2 * CONNECTIONS_MAX
  }

  /** One more than the highest connected port, by element. */
  #usedPorts(): { inputs: number[]; outputs: number[] } {
    const { elements, connections } = this.#flat
    const inputs = new Array<number>(elements.length).fill(0)
    const outputs = new Array<number>(elements.length).fill(0)
    for (const c of connections) {
      outputs[c.from] = Math.max(outputs[c.from]!, c.fromPort + 1)
      inputs[c.to] = Math.max(inputs[c.to]!, c.toPort + 1)
    }
    return { inputs, outputs }
  }

  /** Each element's class, ports and codes. */
  #shapes(): Shape[] {
    const { inputs, outputs } = this.#usedPorts()
    return this.#flat.elements.map((flat, i) => this.#shape(flat, inputs[i]!, outputs[i]!))
  }

  #shape(flat: FlatElement, usedInputs: number, usedOutputs: number): Shape {
    const spec = this.#classes(flat.className) ?? INFORMATION.get(flat.className) ?? null
    if (spec === null && !this.#partial)
      this.#error(flat.where, `unknown element class '${flat.className}'`)
    // An unknown class takes what comes, so that its neighbours are judged by themselves.
    const ports = portCounts(spec?.ports ?? '-/-', usedInputs, usedOutputs)
    const { inputs, outputs } = portProcessing(spec?.processing ?? 'a/a', ports)
    const links = flowLinks(spec === null ? 'x/y' : (spec.flow ?? 'x/x'), ports)
    const declaration = `${flat.name} :: ${flat.className}`
    return { flat, declaration, spec, inputs, outputs, links, ...ports }
  }

  /** Reports connections to ports that are not there; the others are returned. */
  #inRange(shapes: readonly Shape[]): FlatConnection[] {
    return this.#flat.connections.filter((c) => {
      const [from, to] = [shapes[c.from]!, shapes[c.to]!]
      const missing: string[] = []
      if (c.toPort >= to.ninputs) missing.push(`'${to.declaration}' has no input ${c.toPort}`)
      if (c.fromPort >= from.noutputs)
        missing.push(`'${from.declaration}' has no output ${c.fromPort}`)
      for (const message of missing) this.#error(c.where, message)
      return missing.length === 0
    })
  }

  /** A push output leads to one input, a pull input fetches from one output. */
  #checkReuse(
    shapes: readonly Shape[],
    connections: readonly FlatConnection[],
    kinds: readonly { inputs: readonly PortKind[]; outputs: readonly PortKind[] }[],
  ): void {
    const seen = new Set<string>()
    const once = (key: string, where: string, message: string): void => {
      if (seen.has(key)) this.#error(where, message)
      seen.add(key)
    }
    for (const { from, fromPort, to, toPort, where } of connections) {
      if (kinds[from]!.outputs[fromPort] === 'push') {
        const what = `'${shapes[from]!.declaration}' push output ${fromPort}`
        once(`o${from}.${fromPort}`, where, `illegal reuse of ${what}`)
      }
      if (kinds[to]!.inputs[toPort] === 'pull') {
        const what = `'${shapes[to]!.declaration}' pull input ${toPort}`
        once(`i${to}.${toPort}`, where, `illegal reuse of ${what}`)
      }
    }
  }

  #checkUnused(shapes: readonly Shape[]): void {
    const used = new Set<string>()
    for (const c of this.#flat.connections) {
      used.add(`i${c.to}.${c.toPort}`)
      used.add(`o${c.from}.${c.fromPort}`)
    }
    for (const [i, { declaration, flat, ninputs, noutputs }] of shapes.entries()) {
      for (let p = 0; p < ninputs; p++)
        if (!used.has(`i${i}.${p}`)) this.#error(flat.where, `'${declaration}' input ${p} unused`)
      for (let p = 0; p < noutputs; p++)
        if (!used.has(`o${i}.${p}`)) this.#error(flat.where, `'${declaration}' output ${p} unused`)
    }
  }

  #readAddresses(): void {
    for (const flat of this.#flat.elements)
      if (flat.className === 'AddressInfo')
        this.#configuring(flat, (error) => this.#book.define(flat, error))
      else if (flat.className === 'PortInfo')
        this.#configuring(flat, (error) => this.#book.definePorts(flat, error))
      else if (flat.className === 'AnnotationInfo')
        this.#configuring(flat, (error) => this.#book.defineAnnotations(flat, error))
    for (const flat of this.#flat.elements)
      if (flat.className === 'AnnotationInfo')
        this.#configuring(flat, (error) => this.#book.checkAnnotations(flat, error))
  }

  /** Runs a step; what it finds is reported under the element's name. True: no errors. */
  #configuring(
    flat: FlatElement,
    step: (error: (message: string) => void, note: (message: string) => void) => void,
  ): boolean {
    const errors: string[] = []
    const warnings: string[] = []
    try {
      step(
        (message) => errors.push(message),
        (message) => warnings.push(message),
      )
    } catch (error) {
      if (error instanceof ClickUpError && error.findings.length > 0)
        errors.push(...error.findings.map((finding) => finding.message))
      else errors.push(error instanceof Error ? error.message : String(error))
    }
    const heading = `While configuring '${flat.name} :: ${flat.className}':`
    const text = (lines: readonly string[]): string =>
      [heading, ...lines.flatMap((line) => line.split('\n'))].join('\n  ')
    if (errors.length > 0) this.#findings.error(flat.where, text(errors))
    if (warnings.length > 0) this.#findings.warning(flat.where, text(warnings))
    return errors.length === 0
  }

  #configured(
    { flat, spec, ninputs, noutputs }: Shape,
    placed: Pick<GraphElement, 'index' | 'inputKinds' | 'outputKinds'>,
  ): GraphElement | null {
    if (spec === null) return null
    const { name, className, where, args } = flat
    const addresses = this.#book.tableOf(name)
    const common = { ...placed, name, className, spec, where, args, configText: flat.config }
    const element = { ...common, ninputs, noutputs, addresses }
    const known = this.#around.knownLike(element)
    if (known !== null) {
      const { config, plan, asked } = known
      return { ...element, config, plan, asked }
    }
    let config: Readonly<Record<string, unknown>> = {}
    let plan: unknown
    const asked: Question[] = [this.#around.question('infos', '', name)]
    this.#configuring(flat, (error, note) => {
      let failed = false
      const ask = (kind: Question['kind'], about: string) =>
        asked.push(this.#around.question(kind, about, name))
      const context: ConfigureContext = {
        ...this.#around.seenFrom(name, ask),
        get name() {
          ask('name', '')
          return name
        },
        args,
        ninputs,
        noutputs,
        addresses,
        error: (message) => {
          failed = true
          error(message)
        },
        warning: (message) => note(`warning: ${message}`),
        message: note,
      }
      if (spec.config !== 'raw') config = parseArgs(spec.config, args, context)
      if (!failed) plan = spec.configure?.(config, context)
    })
    return { ...element, config, plan, asked }
  }
}

function makeGraph(
  elements: readonly GraphElement[],
  connections: readonly GraphConnection[],
  requirements: readonly string[],
): Graph {
  const outs: (PortRef | null)[][] = elements.map((e) => new Array(e.noutputs).fill(null))
  const ins: (PortRef | null)[][] = elements.map((e) => new Array(e.ninputs).fill(null))
  for (const { from, fromPort, to, toPort, kind } of connections) {
    if (kind === 'push') outs[from]![fromPort] = { element: to, port: toPort }
    else ins[to]![toPort] = { element: from, port: fromPort }
  }
  return {
    elements,
    connections,
    requirements,
    out: (e, port) => outs[e]?.[port] ?? null,
    in: (e, port) => ins[e]?.[port] ?? null,
  }
}
