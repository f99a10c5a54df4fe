// Connections through tunnels (see compound.ts) to connections between elements. A port of a
// compound element or group that has only an outside, or only an inside, is an error.

import { CONNECTIONS_MAX } from '../limits.ts'
import type { BodyConnection } from './compound.ts'
import { type Findings, LimitReached } from './findings.ts'
import type { FlatConnection } from './flat.ts'
import type { FlatNode } from './flatten.ts'

/** Steps that following connections may take in all: fans of fans of tunnels multiply. */
const STEPS_MAX = 16 * CONNECTIONS_MAX

/** What is connected to the tunnels: by node, by port. */
type Ends = Map<number, Map<number, BodyConnection[]>>

function note(ends: Ends, node: number, port: number, connection: BodyConnection): void {
  const ports = ends.get(node) ?? new Map<number, BodyConnection[]>()
  ends.set(node, ports)
  const list = ports.get(port)
  if (list === undefined) ports.set(port, [connection])
  else list.push(connection)
}

/** @param order with `directFirst`, what goes through tunnels comes last, by where it comes out */
export function resolveTunnels(
  nodes: readonly FlatNode[],
  connections: readonly BodyConnection[],
  findings: Findings,
  order: { readonly directFirst: boolean } = { directFirst: false },
): FlatConnection[] {
  const isTunnel = (node: number) => nodes[node]!.className === null
  const from: Ends = new Map()
  const to: Ends = new Map()
  for (const connection of connections) {
    if (isTunnel(connection.from)) note(from, connection.from, connection.fromPort, connection)
    if (isTunnel(connection.to)) note(to, connection.to, connection.toPort, connection)
  }
  checkFaces(nodes, from, to, findings)
  const resolved: FlatConnection[] = []
  const ends: BodyConnection[] = []
  let steps = 0
  for (const start of connections) {
    if (isTunnel(start.from)) continue
    const seen = new Set<string>()
    const todo = [start]
    for (let c = todo.pop(); c !== undefined; c = todo.pop()) {
      if (++steps > STEPS_MAX) throw new LimitReached('too many connections through compounds')
      if (!isTunnel(c.to)) {
        resolved.push({ ...start, to: c.to, toPort: c.toPort })
        ends.push(c)
        continue
      }
      // A circle of tunnels connects nothing.
      const key = `${c.to}.${c.toPort}`
      if (seen.has(key)) continue
      seen.add(key)
      const jump = nodes[c.to]!.jump
      for (const next of from.get(jump)?.get(c.toPort) ?? []) todo.push(next)
    }
  }
  if (resolved.length > CONNECTIONS_MAX)
    throw new LimitReached(`too many connections (at most ${CONNECTIONS_MAX})`)
  return order.directFirst ? directFirst(connections, resolved, ends) : resolved
}

/** Direct connections stay in order; those through tunnels follow, by their last piece. */
function directFirst(
  connections: readonly BodyConnection[],
  resolved: readonly FlatConnection[],
  ends: readonly BodyConnection[],
): FlatConnection[] {
  const place = new Map(connections.map((c, i) => [c, i]))
  const start = new Map(resolved.map((c, i) => [c, i]))
  const isDirect = (c: FlatConnection) => {
    const end = ends[start.get(c)!]!
    return end.from === c.from && end.fromPort === c.fromPort
  }
  // Of several that come out of one place, the one that was written last is first.
  const through = resolved
    .map((c, i) => ({ c, last: place.get(ends[i]!)!, i }))
    .filter(({ c }) => !isDirect(c))
    .sort((a, b) => a.last - b.last || b.i - a.i)
  return [...resolved.filter(isDirect), ...through.map(({ c }) => c)]
}

/** Each compound element and group: ports that are used outside and inside must be the same. */
function checkFaces(nodes: readonly FlatNode[], from: Ends, to: Ends, findings: Findings): void {
  const outputs = new Map<number, number>()
  for (const [i, { jump }] of nodes.entries())
    if (jump >= 0 && nodes[jump]!.jump >= 0) outputs.set(jump, i)
  for (const [face, output] of outputs) {
    const { name, where, jump } = nodes[face]!
    const shown = name.startsWith(';') || name.includes('/;') ? '<anonymous group>' : name
    compare(to.get(face), from.get(jump), 'input')
    compare(from.get(face), to.get(output), 'output')

    function compare(
      outside: ReadonlyMap<number, unknown> | undefined,
      inside: ReadonlyMap<number, unknown> | undefined,
      side: string,
    ): void {
      for (const port of sorted(outside))
        if (inside?.has(port) !== true) findings.error(where, `'${shown}' has no ${side} ${port}`)
      for (const port of sorted(inside))
        if (outside?.has(port) !== true) findings.error(where, `'${shown}' ${side} ${port} unused`)
    }
  }
}

function sorted(ports: ReadonlyMap<number, unknown> | undefined): number[] {
  return [...(ports?.keys() ?? [])].sort((a, b) => a - b)
}
