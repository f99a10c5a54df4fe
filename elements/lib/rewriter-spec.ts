// Input specifications and patterns of rewriters: text to data, and back for handlers. Pure.

import type { AddressTable } from '../../lib/click/args.ts'
import { parseIp, parseU16, parseU32, splitSpaces } from '../../lib/click/args.ts'
import { type PortTable, portTable } from './rewriter-ports.ts'
import { ipText } from './text.ts'

/** How a port is chosen from a range. */
export const PREFER_OWN = 0
export const SEQUENTIAL = 1
export const RANDOM = 2

/** 'SADDR SPORT DADDR DPORT'. Fields that stay as they are: `keep…`, ports -1. */
export interface Pattern {
  readonly keepSaddr: boolean
  readonly saddr: number
  /** Both -1: unchanged; both the same: that port; else a range. */
  readonly low: number
  readonly high: number
  readonly choice: number
  readonly keepDaddr: boolean
  readonly daddr: number
  readonly dport: number
  /** Ports of the range by class; empty where there is nothing to choose. */
  readonly ports: PortTable
}

export const DROPPED = 0
export const PASS = 1
export const KEEP = 2
export const PATTERN = 3

export interface InputSpec {
  readonly kind: number
  /** Of packets that go on: FOUTPUT, or OUTPUT of 'pass'. */
  readonly forward: number
  /** Of replies. */
  readonly reply: number
  readonly pattern: Pattern
}

export interface SpecContext {
  readonly addresses: AddressTable
  readonly noutputs: number
  /** Named patterns: 'SADDR SPORT DADDR DPORT' by name. */
  readonly patterns: ReadonlyMap<string, string>
  find(name: string): { readonly name: string; readonly className: string } | null
}

export const UNCHANGED: Pattern = {
  keepSaddr: true,
  saddr: 0,
  low: -1,
  high: -1,
  choice: PREFER_OWN,
  keepDaddr: true,
  daddr: 0,
  dport: -1,
  ports: portTable(0, -1),
}

/** Parses an input specification. What is wrong, as text, where it is not one. */
export function parseSpec(text: string, context: SpecContext): InputSpec | string {
  const [word, ...rest] = splitSpaces(text)
  switch (word) {
    case undefined:
      return 'empty argument'
    case 'drop':
    case 'discard':
      if (rest.length > 0) return `syntax error, expected '${word}'`
      return { kind: DROPPED, forward: -1, reply: -1, pattern: UNCHANGED }
    case 'pass':
    case 'passthrough':
    case 'nochange':
      if (rest.length > 1) return `syntax error, expected '${word} OUTPUT'`
      return withOutputs(PASS, UNCHANGED, [rest[0] ?? '0', rest[0] ?? '0'], context)
    case 'keep':
      if (rest.length !== 2) return "syntax error, expected 'keep FOUTPUT ROUTPUT'"
      return withOutputs(KEEP, UNCHANGED, rest, context)
    case 'pattern':
    case 'xpattern': {
      if (rest.length !== 6 && rest.length !== 3)
        return "syntax error, expected 'pattern SADDR SPORT DADDR DPORT FOUTPUT ROUTPUT'"
      const named = rest.length === 3 ? context.patterns.get(rest[0]!) : undefined
      if (rest.length === 3 && named === undefined) return `no pattern named '${rest[0]}'`
      const fields = rest.length === 3 ? splitSpaces(named!) : rest.slice(0, 4)
      const pattern = parsePattern(fields, context.addresses)
      if (typeof pattern === 'string') return pattern
      return withOutputs(PATTERN, pattern, rest.slice(-2), context)
    }
    default: {
      const mapper = rest.length === 0 ? context.find(word) : null
      if (mapper !== null)
        return `'${word} :: ${mapper.className}': mapper elements are not supported, use a pattern`
      return `unknown specification '${text}'`
    }
  }
}

function withOutputs(
  kind: number,
  pattern: Pattern,
  words: readonly string[],
  context: SpecContext,
): InputSpec | string {
  const [forward, reply] = words.map(parseU32)
  if (forward == null || reply == null) return `bad output in '${words.join(' ')}'`
  const most = Math.max(forward, reply)
  if (most >= context.noutputs) return `output ${most} out of range`
  return { kind, forward, reply, pattern }
}

/** Parses the four fields of a pattern. */
export function parsePattern(fields: readonly string[], addresses: AddressTable): Pattern | string {
  if (fields.length !== 4) return "bad pattern, expected 'SADDR SPORT DADDR DPORT'"
  const [saddrText, sportText, daddrText, dportText] = fields as [string, string, string, string]
  const saddr = saddrText === '-' ? 0 : parseIp(saddrText, addresses)
  if (saddr === null) return 'bad source address'
  const sport = parsePorts(sportText)
  if (sport === null) return 'bad source port'
  const daddr = daddrText === '-' ? 0 : parseIp(daddrText, addresses)
  if (daddr === null) return 'bad destination address'
  const dport = dportText === '-' ? -1 : parseU16(dportText)
  if (dport === null) return 'bad destination port'
  const range = sport.low < sport.high
  return {
    keepSaddr: saddrText === '-',
    saddr,
    ...sport,
    keepDaddr: daddrText === '-',
    daddr,
    dport,
    ports: range ? portTable(sport.low, sport.high) : UNCHANGED.ports,
  }
}

/** '-', 'PORT', 'L-H', 'L-H#', 'L-H?'. */
function parsePorts(text: string): { low: number; high: number; choice: number } | null {
  if (text === '-') return { low: -1, high: -1, choice: PREFER_OWN }
  const found = /^(\d+)(?:-(\d+))?([#?]?)$/.exec(text)
  if (found === null) return null
  const low = parseU16(found[1]!)
  const high = found[2] === undefined ? low : parseU16(found[2])
  if (low === null || high === null || low > high) return null
  const choice = found[3] === '#' ? SEQUENTIAL : found[3] === '?' ? RANDOM : PREFER_OWN
  return { low, high, choice }
}

/** The pattern as it is written. */
export function patternText(pattern: Pattern): string {
  const { low, high } = pattern
  const suffix = ['', '#', '?'][pattern.choice]!
  const sport = low < 0 ? '-' : low === high ? String(low) : `${low}-${high}${suffix}`
  const saddr = pattern.keepSaddr ? '-' : ipText(pattern.saddr)
  const daddr = pattern.keepDaddr ? '-' : ipText(pattern.daddr)
  return `${saddr} ${sport} ${daddr} ${pattern.dport < 0 ? '-' : pattern.dport}`
}

/** Patterns by name out of the arguments of IPRewriterPatterns elements. */
export function namedPatterns(elements: readonly (readonly string[])[]): Map<string, string> {
  const patterns = new Map<string, string>()
  for (const text of elements.flat()) {
    const [name, ...fields] = splitSpaces(text)
    if (name !== undefined) patterns.set(name, fields.join(' '))
  }
  return patterns
}
