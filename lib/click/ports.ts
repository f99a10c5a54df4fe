// Which outputs of one list of elements an arrow connects to which inputs of the next.
//
// `->` connects one to one, many to one or one to many; `=>` many to many, pairwise. A list's
// ports are those in brackets, 0 where there are none. An open list (`[]`, `[1,]`) goes on
// counting as far as the other side needs; with `=>`, so does a lone element without brackets.

import type { PortList } from './ast.ts'

/** An element of a list, with its ports on the side of the arrow; null: none written. */
export interface End {
  readonly node: number
  readonly ports: PortList | null
}

export interface Pair {
  readonly from: number
  readonly fromPort: number
  readonly to: number
  readonly toPort: number
}

interface Side {
  readonly ends: readonly End[]
  /** Ports without any expansion. */
  readonly least: number
  /** Ends whose list is open. */
  open: number
}

function side(ends: readonly End[]): Side {
  const least = ends.reduce((sum, end) => sum + Math.max(1, end.ports?.ports.length ?? 1), 0)
  return { ends, least, open: ends.filter((end) => end.ports?.expandable === true).length }
}

/** The ports of a side in order, with `extra` more at its open end. */
function slots(side: Side, extra: number): { node: number; port: number }[] {
  const list: { node: number; port: number }[] = []
  for (const { node, ports } of side.ends) {
    const numbers = ports === null || ports.ports.length === 0 ? [0] : ports.ports
    for (const port of numbers) list.push({ node, port })
    const opens = ports === null ? side.least === 1 : ports.expandable
    if (!opens) continue
    const last = numbers.at(-1)!
    for (let k = 1; k <= extra; k++) list.push({ node, port: last + k })
    extra = 0
  }
  return list
}

function mismatch(outputs: Side, inputs: Side): string | null {
  const [o, i] = [outputs.least, inputs.least]
  if (o === i || (o < i && outputs.open > 0) || (i < o && inputs.open > 0)) return null
  const more = (open: number) => (open > 0 ? ' or more' : '')
  const left = `${o}${more(outputs.open)} outputs`
  const right = `${i}${more(inputs.open)} inputs`
  return `connection mismatch: ${left} connected to ${right}`
}

/** Pairs of ports that an arrow connects. What does not fit is told to `error`. */
export function pairPorts(
  from: readonly End[],
  to: readonly End[],
  arrow: '->' | '=>',
  error: (message: string) => void,
): Pair[] {
  const outputs = side(from)
  const inputs = side(to)
  if (outputs.open + inputs.open > 1) {
    error('at most one expandable port allowed per connection')
    const dropped = inputs.least < outputs.least ? outputs : inputs
    dropped.open = 0
  }
  if (arrow === '=>') {
    if (outputs.least === 1 && inputs.least > 1 && from[0]!.ports === null) outputs.open = 1
    if (inputs.least === 1 && outputs.least > 1 && to[0]!.ports === null) inputs.open = 1
  }
  const many = [outputs, inputs].map((s) => s.least > 1 || s.open > 0)
  const isManyToMany = many.every(Boolean)
  if (isManyToMany) {
    if (arrow === '->') error("syntax error: many-to-many connections require '=>'")
    const problem = mismatch(outputs, inputs)
    if (problem !== null) error(problem)
  }
  const out = slots(outputs, outputs.open > 0 ? inputs.least - outputs.least : 0)
  const into = slots(inputs, inputs.open > 0 ? outputs.least - inputs.least : 0)
  const count = isManyToMany ? Math.min(out.length, into.length) : Math.max(out.length, into.length)
  const pairs: Pair[] = []
  for (let k = 0; k < count; k++) {
    const o = out[isManyToMany ? k : Math.min(k, out.length - 1)]!
    const i = into[isManyToMany ? k : Math.min(k, into.length - 1)]!
    pairs.push({ from: o.node, fromPort: o.port, to: i.node, toPort: i.port })
  }
  return pairs
}
