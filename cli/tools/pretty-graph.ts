// What click-pretty shows: the elements of a configuration's outermost level, with their ports and
// whether each is pushed or pulled. An agnostic port becomes what it is connected to.

import { portProcessing } from '../../dataplane/graph-codes.ts'
import type { FlatConnection, FlatGraph } from '../../lib/click/index.ts'
import { linksOf, type Traits } from './traits.ts'

export type Processing = 'push' | 'pull' | 'agnostic'

export interface ShownPort {
  readonly number: number
  /** As the class says. */
  readonly declared: Processing
  processing: Processing
  /** Ports at the other end, by element index. */
  readonly connected: { readonly element: number; readonly port: number }[]
}

export interface ShownElement {
  readonly index: number
  readonly name: string
  readonly className: string
  readonly config: string
  readonly anonymous: boolean
  readonly inputs: readonly ShownPort[]
  readonly outputs: readonly ShownPort[]
}

export function shownElements(graph: FlatGraph, traits: Traits): ShownElement[] {
  const { connections } = graph
  const elements = graph.elements.map(({ name, className, config }, index) => {
    const ninputs = count(connections.filter((c) => c.to === index).map((c) => c.toPort))
    const noutputs = count(connections.filter((c) => c.from === index).map((c) => c.fromPort))
    const code = traits.classes.get(className)?.processing ?? 'a/a'
    const declared = portProcessing(code, { ninputs, noutputs })
    const anonymous = /^(.*)@\d+$/.exec(name)?.[1] === className || name.startsWith('@')
    const inputs = declared.inputs.map(port)
    return {
      index,
      name,
      className,
      config,
      anonymous,
      inputs,
      outputs: declared.outputs.map(port),
    }
  })
  for (const { from, fromPort, to, toPort } of connections) {
    elements[from]!.outputs[fromPort]!.connected.push({ element: to, port: toPort })
    elements[to]!.inputs[toPort]!.connected.push({ element: from, port: fromPort })
  }
  spread(elements, connections, traits)
  return elements
}

function port(declared: Processing, number: number): ShownPort {
  return { number, declared, processing: declared, connected: [] }
}

function count(ports: readonly number[]): number {
  return 1 + Math.max(-1, ...ports)
}

/** Push and pull go along connections and through agnostic elements, until nothing changes. */
function spread(
  elements: readonly ShownElement[],
  connections: readonly FlatConnection[],
  traits: Traits,
): void {
  const groups: (readonly ShownPort[])[] = connections.map(({ from, fromPort, to, toPort }) => [
    elements[from]!.outputs[fromPort]!,
    elements[to]!.inputs[toPort]!,
  ])
  for (const { className, inputs, outputs } of elements) {
    const counts = { ninputs: inputs.length, noutputs: outputs.length }
    for (const link of linksOf(traits, className, counts)) {
      const ports = [...link.inputs.map((i) => inputs[i]!), ...link.outputs.map((i) => outputs[i]!)]
      groups.push(ports.filter((p) => p.declared === 'agnostic'))
    }
  }
  for (let changed = true; changed; ) {
    changed = false
    for (const group of groups) {
      const known = group.find((p) => p.processing !== 'agnostic')
      if (known === undefined) continue
      for (const one of group)
        if (one.processing === 'agnostic') {
          one.processing = known.processing
          changed = true
        }
    }
  }
}
