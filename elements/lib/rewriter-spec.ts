// Input specifications of rewriters: text to data. Pure.

import { parseInteger, splitSpaces } from '../../lib/click/args.ts'
import {
  type NamedPattern,
  type Pattern,
  type PatternContext,
  parsePattern,
  UNCHANGED,
} from './rewriter-pattern.ts'

export const DROPPED = 0
export const PASS = 1
export const KEEP = 2
export const PATTERN = 3
export const MAPPER = 4

export interface InputSpec {
  readonly kind: number
  /** Of packets that go on: FOUTPUT, or OUTPUT of 'pass'. */
  readonly forward: number
  /** Of replies. */
  readonly reply: number
  readonly pattern: Pattern
  /** Full name of the mapper element; '': none. */
  readonly mapper: string
}

export interface SpecContext extends PatternContext {
  readonly noutputs: number
  find(name: string): { readonly name: string; readonly className: string } | null
}

/** Classes of elements that choose patterns for rewriters. */
const MAPPERS = new Set(['RoundRobinIPMapper', 'SourceIPHashMapper'])

export const DROP_ALL: InputSpec = {
  kind: DROPPED,
  forward: -1,
  reply: -1,
  pattern: UNCHANGED,
  mapper: '',
}

/** Parses an input specification. What is wrong, as text, where it is not one. */
export function parseSpec(text: string, context: SpecContext): InputSpec | string {
  const [word, ...rest] = splitSpaces(text)
  switch (word) {
    case undefined:
      return 'empty argument'
    case 'drop':
    case 'discard':
      return rest.length > 0 ? `syntax error, expected '${word}'` : DROP_ALL
    case 'pass':
    case 'passthrough':
    case 'nochange': {
      const output = rest.length === 0 ? 0 : parseInteger(rest.join(' '))
      if (output === null) return "syntax error, expected 'nochange [OUTPUT]'"
      return inRange({ ...DROP_ALL, kind: PASS, forward: output, reply: output }, context)
    }
    case 'keep': {
      const outputs = parseOutputs(rest)
      if (typeof outputs === 'string') return outputs
      return inRange({ ...DROP_ALL, kind: KEEP, ...outputs }, context)
    }
    case 'pattern':
    case 'xpattern': {
      const spec = parsePatternSpec(rest, context)
      return typeof spec === 'string' ? spec : inRange(spec, context)
    }
    default:
      return parseMapper(word, rest, context)
  }
}

/** 'PATTERN FOUTPUT ROUTPUT', which mappers have too; outputs are not checked. */
export function parsePatternSpec(
  words: readonly string[],
  context: PatternContext,
): InputSpec | string {
  if (words.length <= 2) return 'syntax error'
  const pattern = parsePattern(words.slice(0, -2), context)
  if (typeof pattern === 'string') return pattern
  const outputs = parseOutputs(words.slice(-2))
  return typeof outputs === 'string' ? outputs : { ...DROP_ALL, kind: PATTERN, pattern, ...outputs }
}

function parseOutputs(words: readonly string[]): { forward: number; reply: number } | string {
  const forward = words.length === 2 ? parseInteger(words[0]!) : null
  if (forward === null) return 'bad forward port'
  const reply = parseInteger(words[1]!)
  return reply === null ? 'bad reply port' : { forward, reply }
}

function inRange(spec: InputSpec, context: SpecContext): InputSpec | string {
  const { forward, reply } = spec
  const fits = Math.min(forward, reply) >= 0 && Math.max(forward, reply) < context.noutputs
  return fits ? spec : 'output port out of range'
}

function parseMapper(
  word: string,
  rest: readonly string[],
  context: SpecContext,
): InputSpec | string {
  const mapper = context.find(word)
  if (mapper === null) return 'unknown specification'
  if (rest.length > 0) return 'syntax error, expected element name'
  if (!MAPPERS.has(mapper.className)) return 'element is not an IPMapper'
  return { ...DROP_ALL, kind: MAPPER, mapper: mapper.name }
}

/** Patterns by name out of the configuration's IPRewriterPatterns elements. */
export function namedPatterns(
  elements: readonly { readonly name: string; readonly args: readonly string[] }[],
): Map<string, NamedPattern> {
  const patterns = new Map<string, NamedPattern>()
  for (const { name: holder, args } of elements)
    for (const [turn, text] of args.entries()) {
      const [name, ...words] = splitSpaces(text)
      if (name !== undefined && !patterns.has(name)) patterns.set(name, { words, holder, turn })
    }
  return patterns
}
