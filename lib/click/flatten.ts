// Compound definitions to a flat graph: instances of compound elements are expanded where they
// stand, variables replaced, tunnels resolved.
//
// Elements come in Click's order, which `list` shows: those of the file first, then, for each
// compound element in turn, those inside it.

import { CONFIG_DEPTH_MAX, CONNECTIONS_MAX, ELEMENTS_MAX } from '../limits.ts'
import {
  assignArguments,
  type BodyConnection,
  type BodyNode,
  type ClassValue,
  type Compound,
  noMatch,
  selectOverload,
} from './compound.ts'
import { type Findings, LimitReached } from './findings.ts'
import type { FlatConnection, FlatElement, FlatGraph } from './flat.ts'
import { splitArgs } from './text.ts'
import { resolveTunnels } from './tunnels.ts'
import { Budget, Scope } from './variables.ts'

/** A node while expansion goes on: an element, or (className null) a tunnel. */
export interface FlatNode {
  readonly name: string
  className: string | null
  config: string
  args: readonly string[]
  readonly where: string
  /** See compound.ts. */
  jump: number
}

export interface FlattenOptions {
  readonly requirements: readonly string[]
  /** Variables that override those of the file. */
  readonly defines: Readonly<Record<string, string>>
  /** As Click's tools: elements and connections in the order of the text. */
  readonly asWritten?: boolean | undefined
  /** Variables of the file are left in place, so that a later step can still override them. */
  readonly keepVariables?: boolean | undefined
}

export function flatten(file: Compound, findings: Findings, options: FlattenOptions): FlatGraph {
  const asWritten = options.asWritten === true
  const expansion = new Expansion(findings, asWritten, options.keepVariables === true)
  let defines: Readonly<Record<string, string>> = {}
  let connections: readonly FlatConnection[] = []
  try {
    defines = expansion.file(file, options.defines)
    const { nodes, connections: all } = expansion
    connections = resolveTunnels(nodes, all, findings, { directFirst: asWritten })
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error
    findings.error('', error.message)
  }
  const numbers = new Map<number, number>()
  const elements: FlatElement[] = []
  for (const i of asWritten ? expansion.depthFirst() : expansion.nodes.keys()) {
    const { name, className, args, config, where } = expansion.nodes[i]!
    if (className === null) continue
    numbers.set(i, elements.length)
    elements.push({ name, className, args, config, where })
  }
  return {
    elements,
    connections: renumber(connections, numbers, asWritten),
    requirements: options.requirements,
    defines,
  }
}

/** Connections by element index, sorted, each once: to repeat one is no mistake. */
function renumber(
  connections: readonly FlatConnection[],
  numbers: ReadonlyMap<number, number>,
  asWritten: boolean,
): FlatConnection[] {
  const list = connections.map((c) => ({
    ...c,
    from: numbers.get(c.from)!,
    to: numbers.get(c.to)!,
  }))
  if (asWritten) {
    const seen = new Map(list.map((c) => [`${c.from}.${c.fromPort}.${c.to}.${c.toPort}`, c]))
    return [...seen.values()]
  }
  list.sort(
    (a, b) => a.to - b.to || a.toPort - b.toPort || a.from - b.from || a.fromPort - b.fromPort,
  )
  const same = (a: FlatConnection, b: FlatConnection) =>
    a.to === b.to && a.toPort === b.toPort && a.from === b.from && a.fromPort === b.fromPort
  return list.filter((c, i) => i === 0 || !same(c, list[i - 1]!))
}

class Expansion {
  readonly nodes: FlatNode[] = []
  readonly connections: BodyConnection[] = []
  readonly #findings: Findings
  readonly #budget = new Budget()
  readonly #byName = new Map<string, number>()
  readonly #asWritten: boolean
  readonly #keepVariables: boolean
  /** Elements of the file; and, by compound element, those inside it. */
  #top: readonly number[] = []
  readonly #inside = new Map<number, readonly number[]>()

  constructor(findings: Findings, asWritten: boolean, keepVariables: boolean) {
    this.#findings = findings
    this.#asWritten = asWritten
    this.#keepVariables = keepVariables
  }

  /** Expands the whole file; returns the values of its variables. */
  file(file: Compound, overrides: Readonly<Record<string, string>>): Record<string, string> {
    const scope = new Scope(null, this.#budget)
    const names = new Set(Object.keys(overrides))
    const written: Record<string, string> = {}
    const define = (name: string, value: string) => {
      names.add(name)
      if (this.#keepVariables) written[name] = value
      else scope.define(name, value)
    }
    for (const { name, value } of file.defines) define(name, value)
    for (const [name, value] of Object.entries(overrides)) define(name, value)
    const indices = file.nodes.map((node) => this.#add(node, node.name))
    this.#top = indices
    for (const connection of file.connections) this.connections.push(connection)
    for (const [i, node] of file.nodes.entries()) this.#expand(indices[i]!, node, scope, 1)
    if (this.#keepVariables) return written
    return Object.fromEntries([...names].map((name) => [name, scope.expand(`\${${name}}`)]))
  }

  /** Elements of the file, then each with all that is inside it: the order of Click's tools. */
  depthFirst(): number[] {
    const order = [...this.#top]
    const enter = (index: number): void => {
      for (const inner of this.#inside.get(index) ?? []) {
        if (inner < 0) continue
        order.push(inner)
        enter(inner)
      }
    }
    for (const index of this.#top) enter(index)
    return order
  }

  #add(node: BodyNode, name: string): number {
    if (this.nodes.length >= ELEMENTS_MAX)
      throw new LimitReached(`too many elements (at most ${ELEMENTS_MAX})`)
    this.#budget.spend(name.length)
    const { where, jump } = node
    const className = node.cls === null ? null : ''
    const index = this.nodes.push({ name, className, config: '', args: [], where, jump }) - 1
    this.#byName.set(name, index)
    return index
  }

  /** Gives an element its configuration, and expands it where it is a compound element. */
  #expand(index: number, node: BodyNode, scope: Scope, depth: number): void {
    if (node.cls === null) return
    const flat = this.nodes[index]!
    flat.config = scope.expand(node.config)
    this.#budget.spend(flat.config.length)
    flat.args = splitArgs(flat.config)
    if (node.cls.kind === 'primitive') {
      flat.className = node.cls.name
      return
    }
    const cls = this.#select(node.cls.compound, node, flat)
    if (cls === null) flat.className = 'Error'
    else if (cls.kind === 'primitive') flat.className = cls.name
    else this.#instance(index, cls.compound, scope, depth)
  }

  #select(first: Compound, node: BodyNode, flat: FlatNode): ClassValue | null {
    const { ninputs, noutputs } = node
    const { args } = flat
    const spend = () => this.#budget.spend(args.length)
    const { cls, fits, candidates } = selectOverload(first, args, ninputs, noutputs, spend)
    if (!fits) {
      const message = noMatch(first, flat.args.length, ninputs, noutputs, candidates)
      this.#findings.error(flat.where, message)
    }
    return fits ? cls : null
  }

  #instance(index: number, compound: Compound, outer: Scope, depth: number): void {
    if (depth >= CONFIG_DEPTH_MAX)
      throw new LimitReached(`compound elements nest deeper than ${CONFIG_DEPTH_MAX}`)
    const face = this.nodes[index]!
    const scope = new Scope(outer.outside(compound.depth), this.#budget)
    const values = assignArguments(compound.params, face.args)!
    for (const [i, param] of compound.params.entries()) scope.define(param.name, values[i]!)
    for (const { name, value } of compound.defines) scope.define(name, scope.expand(value))
    face.className = null
    const indices = this.#members(index, compound)
    this.#inside.set(index, indices)
    // Click's tools connect what is innermost first; the order shows in what they print.
    if (!this.#asWritten) this.#connect(compound, indices)
    for (const [i, node] of compound.nodes.entries())
      if (i >= 2 && indices[i]! >= 0) this.#expand(indices[i]!, node, scope, depth + 1)
    if (this.#asWritten) this.#connect(compound, indices)
  }

  #connect(compound: Compound, indices: readonly number[]): void {
    for (const connection of compound.connections) {
      const [from, to] = [indices[connection.from]!, indices[connection.to]!]
      if (from < 0 || to < 0) continue
      if (this.connections.length >= CONNECTIONS_MAX)
        throw new LimitReached(`too many connections (at most ${CONNECTIONS_MAX})`)
      this.connections.push({ ...connection, from, to })
    }
  }

  /** Adds the nodes of an instance; -1: its name is taken. */
  #members(face: number, compound: Compound): number[] {
    const outer = this.nodes[face]!
    const indices = compound.nodes.map((node) => {
      const name = `${outer.name}/${node.name}`
      const taken = this.#byName.get(name)
      if (taken === undefined) return this.#add(node, name)
      this.#findings.error(outer.where, `redeclaration of element '${name}'`)
      this.#findings.error(this.nodes[taken]!.where, `element '${name}' previously declared here`)
      return -1
    })
    for (const [i, node] of compound.nodes.entries())
      if (node.jump >= 0 && indices[i]! >= 0) this.nodes[indices[i]!]!.jump = indices[node.jump]!
    outer.jump = indices[0]!
    if (indices[1]! >= 0) this.nodes[indices[1]!]!.jump = face
    return indices
  }
}
