// Mappers: elements without ports that choose among patterns for rewriters. They differ in which
// pattern is tried first.

import type { ConfigureContext } from '../../dataplane/element.ts'
import { splitSpaces } from '../../lib/click/args.ts'
import { turnsTable } from './rewriter-map.ts'
import { DROP_ALL, type InputSpec, namedPatterns, parsePatternSpec } from './rewriter-spec.ts'

/** The parts of an element that are the same for all. */
export const MAPPER_ELEMENT = { ports: '0/0', config: 'raw' } as const

/** Which value each pattern's range goes on with. */
export const mapperTurns = { turns: turnsTable } as const

/** Parses 'PATTERN FOUTPUT ROUTPUT' arguments; those that are none are reported. */
export function parsePatterns(texts: readonly string[], context: ConfigureContext): InputSpec[] {
  const { addresses, name: holder } = context
  const named = namedPatterns(context.elementsOf?.('IPRewriterPatterns') ?? [])
  return texts.map((text, turn) => {
    const spec = parsePatternSpec(splitSpaces(text), { addresses, named, holder, turn })
    if (typeof spec !== 'string') return spec
    context.error(spec)
    return DROP_ALL
  })
}
