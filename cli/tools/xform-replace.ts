// Puts a pattern's replacement where the pattern was found.
//
// Elements of the replacement are named `X@N/element`; one that has the name of an element of the
// pattern gets the name of what that one matched, so that handlers are found where they were.

import { splitArgs } from '../../lib/click/text.ts'
import type { EditElement, Port } from './edit-graph.ts'
import type { Pattern } from './xform.ts'
import { type Body, isPseudo, type Match } from './xform-match.ts'

export function replaceMatch(body: Body, pattern: Pattern, match: Match): void {
  const { graph } = body
  const prefix = uniquePrefix(body, pattern.name)
  const names = new Map([...match.elements].map(([wanted, { name }]) => [wanted.name, name]))
  for (const element of match.elements.values()) {
    graph.remove(element)
    body.madeBy.delete(element)
  }
  // The compound element itself, its `input` and its `output` take places, too, till it is expanded.
  const face = graph.add(prefix, '')
  const made = new Map<EditElement, EditElement>()
  for (const e of pattern.replacement.elements)
    made.set(e, graph.add(`${prefix}/${e.name}`, e.className, e.config))
  const inner = pattern.replacement.connections.filter(
    ({ from, to }) => !isPseudo(from.element) && !isPseudo(to.element),
  )
  const place = ({ element, port }: Port): Port => ({ element: made.get(element)!, port })
  for (const { from, to } of inner) graph.connect(place(from), place(to))
  connectOutside(body, pattern, match, place)
  const pseudo = [...made].filter(([e]) => isPseudo(e)).map(([, element]) => element)
  for (const element of [face, ...pseudo].sort((a, b) => a.index - b.index)) graph.remove(element)
  for (const [e, element] of made) {
    if (isPseudo(e)) continue
    body.madeBy.set(element, pattern.name)
    element.config = withValues(element.config, match.variables)
    const name = names.get(e.name)
    if (name !== undefined) graph.rename(element, name)
  }
}

/**
 * Connections that crossed the match's edge go on through the replacement's pseudo-elements. Of
 * several that go the same way the newest comes first, as in Click.
 */
function connectOutside(
  { graph }: Body,
  { replacement }: Pattern,
  { into, outOf }: Match,
  place: (port: Port) => Port,
): void {
  const before = (port: number) =>
    into
      .filter((c) => c.port === port)
      .map((c) => c.outside)
      .reverse()
  for (const { from, to } of replacement.connections)
    if (from.element.name === 'input' && !isPseudo(to.element))
      for (const outside of before(from.port)) graph.connect(outside, place(to))
  const output = replacement.find('output')
  if (output === null) return
  for (const { outside, port } of outOf)
    for (const { from } of replacement.touching(output, 'to', port).reverse()) {
      // A replacement may lead from `input` straight to `output`.
      const starts = isPseudo(from.element) ? before(from.port) : [place(from)]
      for (const start of starts) graph.connect(start, outside)
    }
}

/** `X@1`, or the next number that was not used and that no element's name starts with. */
function uniquePrefix(body: Body, name: string): string {
  const taken = new Set(
    body.graph.elements.filter((e) => e.name.includes('/')).map((e) => e.name.split('/')[0]!),
  )
  for (let i = body.numbers.get(name) ?? 1; ; i++) {
    if (taken.has(`${name}@${i}`)) continue
    body.numbers.set(name, i + 1)
    return `${name}@${i}`
  }
}

function withValues(config: string, variables: ReadonlyMap<string, string>): string {
  const args = splitArgs(config)
  if (!args.some((arg) => variables.has(arg))) return config
  return args.map((arg) => variables.get(arg) ?? arg).join(', ')
}
