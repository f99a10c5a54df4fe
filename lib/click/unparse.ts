// Flat graph to text: requirements, declarations, connections. `parseConfig` makes the same graph
// of it. Connections are printed as chains, as long as they go: `a -> b` `-> c`.

import type { FlatConnection, FlatGraph } from './flat.ts'
import { cpQuote, isCommentAt, skipComment, skipUnit } from './text.ts'

/** The whole configuration, as `flatconfig` shows it. */
export function unparse(graph: FlatGraph): string {
  let out = ''
  if (graph.requirements.length > 0) out += `require(${graph.requirements.join(', ')});\n\n`
  for (const { name, className, config, args } of graph.elements) {
    const text = isWhole(config) ? config : args.map(asWhole).join(', ')
    out += `${name} :: ${className}${text === '' ? '' : `(${text})`};\n`
  }
  if (graph.elements.length > 0) out += '\n'
  return out + unparseConnections(graph)
}

/** Would the parser read this configuration string back as it is? */
export function isWhole(config: string): boolean {
  let depth = 0
  for (let i = 0; i < config.length; ) {
    const c = config[i]
    if (c === '(') depth++
    if (c === ')' && --depth < 0) return false
    if (c === '#' && i > 0 && '\r\n'.includes(config[i - 1]!)) return false
    const inComment = isCommentAt(config, i)
    const end = inComment ? skipComment(config, i) : skipUnit(config, i)
    // What runs into the end may not be closed; a character after it shows whether it is.
    if (end === config.length) {
      const longer = `${config})`
      if ((inComment ? skipComment(longer, i) : skipUnit(longer, i)) > end) return false
    }
    i = end
  }
  return depth === 0
}

/** An argument with brackets that do not close becomes a string: it came out of a variable. */
function asWhole(arg: string): string {
  return isWhole(arg) ? arg : cpQuote(arg)
}

/** The connection that goes on from each one, or -1: a chain leads through input 0 to output 0. */
function successors(connections: readonly FlatConnection[]): number[] {
  const fromZero = new Map<string, number[]>()
  const keyOf = (element: number, port: number) => `${element}.${port}`
  for (const [i, c] of connections.entries()) {
    const key = keyOf(c.from, c.fromPort)
    const list = fromZero.get(key)
    if (list === undefined) fromZero.set(key, [i])
    else list.push(i)
  }
  // The best of each list, and the best but that one: a connection does not go on as itself.
  const best = new Map<string, readonly [number, number]>()
  const bestOf = (list: readonly number[]) =>
    list.find((i) => connections[i]!.toPort === 0) ?? list.at(-1) ?? -1
  for (const [key, list] of fromZero) {
    const first = bestOf(list)
    best.set(key, [first, bestOf(list.filter((i) => i !== first))])
  }
  return connections.map((c, i) => {
    if (c.toPort !== 0) return -1
    const [first, second] = best.get(keyOf(c.to, 0)) ?? [-1, -1]
    return first === i ? second : first
  })
}

export function unparseConnections(graph: FlatGraph): string {
  const { connections, elements } = graph
  const next = successors(connections)
  const starts = new Array<boolean>(connections.length).fill(true)
  for (const n of next) if (n >= 0) starts[n] = false
  const used = new Array<boolean>(connections.length).fill(false)
  let out = ''
  const chain = (start: number): void => {
    const { from, fromPort } = connections[start]!
    out += elements[from]!.name + (fromPort > 0 ? ` [${fromPort}]` : '')
    let arrow = ' -> '
    for (let i = start; i >= 0 && !used[i]; i = next[i]!) {
      const { to, toPort } = connections[i]!
      out += `${arrow}${toPort > 0 ? `[${toPort}] ` : ''}${elements[to]!.name}`
      used[i] = true
      arrow = '\n    -> '
    }
    out += ';\n'
  }
  for (const i of connections.keys()) if (starts[i]) chain(i)
  // What is left are circles.
  for (const i of connections.keys()) if (!used[i]) chain(i)
  return out
}
