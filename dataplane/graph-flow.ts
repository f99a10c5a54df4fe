// Push and pull over a whole graph: what declared ports are spreads along connections, and through
// agnostic elements along their flow codes. What nothing decides is push.

import type { FlatConnection } from '../lib/click/flat.ts'
import type { FlowLink, Processing } from './graph-codes.ts'

/** An element's ports as declared. */
export interface FlowElement {
  /** `name :: Class`, for messages. */
  readonly declaration: string
  readonly where: string
  readonly inputs: readonly Processing[]
  readonly outputs: readonly Processing[]
  readonly links: readonly FlowLink[]
}

export interface FlowKinds {
  readonly inputs: readonly ('push' | 'pull')[]
  readonly outputs: readonly ('push' | 'pull')[]
}

const AGNOSTIC = 0
const PUSH = 1
const PULL = 2
const NUMBERS: Readonly<Record<Processing, number>> = { agnostic: AGNOSTIC, push: PUSH, pull: PULL }
const NAMES = ['agnostic', 'push', 'pull'] as const

/** A point in the network of things that must be the same: ports, and hubs that join several. */
class Network {
  /** By point: AGNOSTIC, PUSH, PULL. */
  readonly kinds: number[] = []
  readonly #neighbours: number[][] = []

  add(kind: number): number {
    this.#neighbours.push([])
    return this.kinds.push(kind) - 1
  }

  join(a: number, b: number): void {
    this.#neighbours[a]!.push(b)
    this.#neighbours[b]!.push(a)
  }

  /** Spreads kinds to agnostic points, breadth first. */
  spread(): void {
    const todo = [...this.kinds.keys()].filter((i) => this.kinds[i] !== AGNOSTIC)
    for (let k = 0; k < todo.length; k++) {
      const kind = this.kinds[todo[k]!]!
      for (const other of this.#neighbours[todo[k]!]!) {
        if (this.kinds[other] !== AGNOSTIC) continue
        this.kinds[other] = kind
        todo.push(other)
      }
    }
  }
}

/** Kinds of all ports; conflicts go to `error`. Connections must name ports that exist. */
export function resolveFlow(
  elements: readonly FlowElement[],
  connections: readonly FlatConnection[],
  error: (where: string, message: string) => void,
): FlowKinds[] {
  const network = new Network()
  const inputs = elements.map((e) => e.inputs.map((p) => network.add(NUMBERS[p])))
  const outputs = elements.map((e) => e.outputs.map((p) => network.add(NUMBERS[p])))
  for (const c of connections) network.join(outputs[c.from]![c.fromPort]!, inputs[c.to]![c.toPort]!)
  const links = elements.flatMap((e, i) =>
    e.links.flatMap((link) => agnosticPart(e, i, link) ?? []),
  )
  for (const { element, ins, outs } of links) {
    const hub = network.add(AGNOSTIC)
    for (const port of ins) network.join(hub, inputs[element]![port]!)
    for (const port of outs) network.join(hub, outputs[element]![port]!)
  }
  network.spread()
  const kindOf = (point: number) => network.kinds[point]!
  for (const c of connections) {
    const from = kindOf(outputs[c.from]![c.fromPort]!)
    const to = kindOf(inputs[c.to]![c.toPort]!)
    if (from === to) continue
    const source = `'${elements[c.from]!.declaration}' ${NAMES[from]} output ${c.fromPort}`
    const target = `'${elements[c.to]!.declaration}' ${NAMES[to]} input ${c.toPort}`
    error(c.where, `${source} connected to ${target}`)
  }
  for (const { element, ins, outs } of links) {
    const [a, b] = mixed(
      ins,
      outs,
      (port) => kindOf(inputs[element]![port]!),
      (port) => kindOf(outputs[element]![port]!),
    )
    if (a === null) continue
    const { declaration, where } = elements[element]!
    const inKind = NAMES[kindOf(inputs[element]![a]!)]
    const outKind = NAMES[kindOf(outputs[element]![b]!)]
    const ports = `${inKind} input ${a}, ${outKind} output ${b}`
    error(where, `agnostic '${declaration}' in mixed context: ${ports}`)
  }
  const decided = (points: number[]) => points.map((p) => (kindOf(p) === PULL ? 'pull' : 'push'))
  return elements.map((_, i) => ({ inputs: decided(inputs[i]!), outputs: decided(outputs[i]!) }))
}

/** The agnostic ports of a link, where there are some on both sides. */
function agnosticPart(
  e: FlowElement,
  element: number,
  link: FlowLink,
): { element: number; ins: number[]; outs: number[] } | null {
  const ins = link.inputs.filter((port) => e.inputs[port] === 'agnostic')
  const outs = link.outputs.filter((port) => e.outputs[port] === 'agnostic')
  return ins.length > 0 && outs.length > 0 ? { element, ins, outs } : null
}

/** An input and an output of different kinds, or nulls. */
function mixed(
  ins: readonly number[],
  outs: readonly number[],
  inKind: (port: number) => number,
  outKind: (port: number) => number,
): [number, number] | [null, null] {
  const first = outs[0]!
  const a = ins.find((port) => inKind(port) !== outKind(first))
  if (a !== undefined) return [a, first]
  const b = outs.find((port) => outKind(port) !== inKind(ins[0]!))
  return b === undefined ? [null, null] : [ins[0]!, b]
}
