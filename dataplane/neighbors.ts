// Which elements lie up and down the stream of another: along connections, and through elements by
// their flow codes. For elements that look for queues (RED), and for those that show the graph.

import type { Node, PortRef } from './compile.ts'
import type { PacketFifo } from './declare.ts'
import type { Note } from './element.ts'
import { flowLinks } from './graph-codes.ts'

export type Direction = 'up' | 'down'

/** The ends of an element's ports, whoever pushes or pulls. */
interface Ends {
  readonly inputs: readonly PortRef[][]
  readonly outputs: readonly PortRef[][]
}

function endsOf(nodes: readonly Node[]): Ends[] {
  const ends = nodes.map((node) => ({
    inputs: node.inputs.map((): PortRef[] => []),
    outputs: node.outputs.map((): PortRef[] => []),
  }))
  nodes.forEach((node, element) => {
    node.outputs.forEach((to, port) => {
      if (to === null || to === 'pull') return
      ends[element]!.outputs[port]!.push(to)
      ends[to.element]!.inputs[to.port]!.push({ element, port })
    })
    node.inputs.forEach((from, port) => {
      if (from === null || from === 'push') return
      ends[element]!.inputs[port]!.push(from)
      ends[from.element]!.outputs[from.port]!.push({ element, port })
    })
  })
  return ends
}

/**
 * Visits what lies in a direction from a port (-1: from all ports), nearest first, each port once.
 * @param visit false: nothing beyond this one is looked at
 * @param flows by name, flow codes that take the place of the class's
 */
export function walkNeighbors(
  nodes: readonly Node[],
  from: number,
  direction: Direction,
  port: number,
  visit: (name: string, distance: number) => boolean,
  flows: ReadonlyMap<string, string>,
): void {
  const ends = endsOf(nodes)
  const side = (e: number) => (direction === 'up' ? ends[e]!.inputs : ends[e]!.outputs)
  const seen = new Set<string>()
  let next = (port < 0 ? side(from) : side(from).slice(port, port + 1)).flat()
  for (let distance = 1; next.length > 0; distance++) {
    const here = next
    next = []
    for (const { element, port: came } of here) {
      if (seen.has(`${element}.${came}`)) continue
      seen.add(`${element}.${came}`)
      const node = nodes[element]!
      if (!visit(node.name, distance)) continue
      const flow = flows.get(node.name) ?? node.spec.flow ?? 'x/x'
      for (const on of through(node, flow, direction, came)) next.push(...side(element)[on]!)
    }
  }
}

/** Ports on the far side that packets of a port on the near side come from, or go to. */
function through(node: Node, flow: string, direction: Direction, port: number): number[] {
  const counts = { ninputs: node.inputs.length, noutputs: node.outputs.length }
  const far = new Set<number>()
  for (const { inputs, outputs } of flowLinks(flow, counts)) {
    const [near, other] = direction === 'up' ? [outputs, inputs] : [inputs, outputs]
    if (near.includes(port)) for (const one of other) far.add(one)
  }
  return [...far].sort((a, b) => a - b)
}

/** An element's held packets that others may look at. */
export function storageOf(node: Node | undefined): PacketFifo | null {
  const storage = node?.spec.storage
  return storage === undefined ? null : (node!.self.state[storage] as PacketFifo)
}

interface Notes {
  readonly instances: readonly Node[]
  /** By element: has said that no more fits, and that there is nothing to pull. */
  readonly full: Uint8Array
  readonly quiet: Uint8Array
}

/** What an element says to those that pull from it, or push to it. */
export function noteOf(from: Notes, node: Node | undefined, kind: 'empty' | 'full'): Note | null {
  const notes = ({ spec }: Node) => (kind === 'empty' ? spec.notesEmpty : spec.notesFull) === true
  if (node === undefined || !notes(node)) return null
  const { instances, quiet, full } = from
  const index = instances.indexOf(node)
  const off = kind === 'empty' ? quiet : full
  return { number: instances.slice(0, index).filter(notes).length, active: off[index] === 0 }
}
