// Joins a classifier with one behind it: what went to the output between them is decided by the
// patterns of both at once.
//
//   a :: Classifier(P0, P1); a[0] -> b :: Classifier(Q0, -)
//   becomes  a :: Classifier(P0 Q0, P0, P1)
//
// Only where the second takes every packet (its last pattern is '-'), or where no pattern follows
// in the first: otherwise a packet that the second drops would be looked at by those that follow.

import { splitArgs } from '../../lib/click/text.ts'
import type { EditElement, EditGraph, Port } from './edit-graph.ts'

/** How two patterns become one that holds where both do. */
const JOIN: Readonly<Record<string, (first: string, second: string) => string>> = {
  Classifier: (first, second) => `${first} ${second}`,
  IPClassifier: (first, second) => `(${first}) && (${second})`,
}

/** Patterns of one classifier at most: joining more would make programs too long to compile. */
const PATTERNS_MAX = 128

export function combineClassifiers(graph: EditGraph): void {
  for (let again = true; again; ) again = graph.elements.some((e) => combineBehind(graph, e))
}

function combineBehind(graph: EditGraph, first: EditElement): boolean {
  const join = JOIN[first.className]
  if (join === undefined) return false
  const patterns = splitArgs(first.config)
  for (const [port, pattern] of patterns.entries()) {
    const second = onlyBehind(graph, first, port)
    if (second === null) continue
    const inner = splitArgs(second.config)
    const isLast = port === patterns.length - 1
    if (inner.at(-1) !== '-' && !isLast) continue
    if (inner.includes('') || patterns.length + inner.length > PATTERNS_MAX) continue
    const both = inner.map((one) =>
      one === '-' ? pattern : pattern === '-' ? one : join(pattern, one),
    )
    splice(graph, first, port, second, patterns.toSpliced(port, 1, ...both))
    return true
  }
  return false
}

/** The element of the same class that an output leads to, if it gets packets from nowhere else. */
function onlyBehind(graph: EditGraph, first: EditElement, port: number): EditElement | null {
  const out = graph.touching(first, 'from', port)
  const to = out.length === 1 ? out[0]!.to : null
  if (to === null || to.port !== 0 || to.element === first) return null
  if (to.element.className !== first.className) return null
  return graph.touching(to.element, 'to').length === 1 ? to.element : null
}

/** Puts the outputs of `second` in the place of output `port` of `first`. */
function splice(
  graph: EditGraph,
  first: EditElement,
  port: number,
  second: EditElement,
  patterns: readonly string[],
): void {
  const own = splitArgs(first.config).length
  const added = patterns.length - own + 1
  const inner = graph.touching(second, 'from')
  const outer = graph.touching(first, 'from').filter((c) => c.from.port > port)
  const targets: { from: Port; to: Port; where: string }[] = [
    ...inner.map((c) => ({ ...c, from: { element: first, port: port + c.from.port } })),
    ...outer.map((c) => ({ ...c, from: { element: first, port: c.from.port + added - 1 } })),
  ]
  for (const c of outer) graph.disconnect(c)
  graph.remove(second)
  for (const { from, to, where } of targets) graph.connect(from, to, where)
  first.config = patterns.join(', ')
}
