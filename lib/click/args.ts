// An element's configuration arguments, parsed by its declaration.
//
// As in Click: positional arguments come first, in the order of declaration; keyword arguments
// (`KEYWORD value`) follow in any order, and any argument may be given by keyword. An argument
// that looks like `WORD value` is taken by position only where the position is mandatory and no
// keyword gives it. Of a keyword given twice, the last counts. Every mistake is reported.

import { parseAnnotation } from './annotations.ts'
import type { AddressTable, Arg, ArgsContext, ConfigDecl, ConfigValues } from './arg-types.ts'
import { isSpace } from './text.ts'
import {
  isClickName,
  parseBandwidth,
  parseBool,
  parseEth,
  parseInteger,
  parseIp,
  parseIp6,
  parseIpPrefix,
  parseReal,
  parseSeconds,
  parseString,
} from './values.ts'

export * from './annotations.ts'
export type * from './arg-types.ts'
export { cpQuote, cpUnquote, splitArgs, splitSpaces, takeWord, uncomment } from './text.ts'
export * from './values.ts'

/** What is wrong with an argument's text. */
class Bad {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

type Reader = (text: string, context: ArgsContext) => unknown

function orBad<T>(value: T | null, text: string, what: string): T | Bad {
  return value === null ? new Bad(`parse error: '${text}' is not ${what}`) : value
}

/** Reads integers in [low, high]. */
function integer(low: number, high: number): Reader {
  return (text) => {
    const value = parseInteger(text)
    if (value === null) return new Bad(`parse error: '${text}' is not an integer`)
    if (value >= low && value <= high) return value
    return new Bad(`out of range, bound ${value < low ? low : high}`)
  }
}

const ADDRESS: Readonly<Record<string, string>> = {
  ip: 'an IP address',
  ipnet: 'an IP prefix',
  eth: 'an Ethernet address',
  ip6: 'an IPv6 address',
}

function address<T>(
  kind: string,
  parse: (text: string, addresses?: AddressTable) => T | null,
): Reader {
  return (text, context) => orBad(parse(text, context.addresses), text, ADDRESS[kind]!)
}

function readElement(text: string, context: ArgsContext): string | Bad {
  const name = parseString(text)
  if (name === null || !isClickName(name)) return new Bad(`'${text}' does not name an element`)
  if (context.find === undefined) return name
  return context.find(name)?.name ?? new Bad(`'${name}' does not name an element`)
}

function readAnno(text: string, context: ArgsContext): string | Bad {
  if (parseAnnotation(text) !== null) return text
  const named = context.addresses.lookup(text, 'anno')
  return named ?? new Bad(`parse error: '${text}' is not an annotation`)
}

/** One reader a type of `arg` (dataplane/element.ts). */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['int', integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)],
  ['count', integer(0, Number.MAX_SAFE_INTEGER)],
  ['u8', integer(0, 0xff)],
  ['u16', integer(0, 0xffff)],
  ['u32', integer(0, 0xffffffff)],
  ['real', (text) => orBad(parseReal(text), text, 'a real number')],
  ['bool', (text) => orBad(parseBool(text), text, 'a boolean')],
  ['string', (text) => orBad(parseString(text), text, 'a string (quotes missing?)')],
  ['text', (text) => text],
  ['seconds', (text) => orBad(parseSeconds(text), text, 'a time in seconds')],
  ['bandwidth', (text) => orBad(parseBandwidth(text), text, 'a bandwidth')],
  ['ip', address('ip', parseIp)],
  ['ipnet', address('ipnet', parseIpPrefix)],
  ['eth', address('eth', parseEth)],
  ['ip6', address('ip6', parseIp6)],
  ['filename', (text) => orBad(parseString(text) || null, text, 'a file name')],
  ['element', readElement],
  ['anno', readAnno],
])

/** Length of the keyword in front of an argument; 0 where it has none. */
function keywordLength(arg: string): number {
  const m = /^[A-Za-z_][\w:.?!]*/.exec(arg)
  if (m === null) return 0
  const length = m[0].length
  return length < arg.length && isSpace(arg.charCodeAt(length)) ? length : 0
}

const BY_POSITION = -1
const BY_KEYWORD = -2

/** The arguments while they are being given out. */
class Supply {
  readonly args: readonly string[]
  /** Keyword length of each argument, or how it was given out. */
  readonly marks: number[]

  constructor(args: readonly string[]) {
    this.args = args
    this.marks = args.map(keywordLength)
  }

  /** Takes the argument of a keyword, or null where there is none. */
  take(keyword: string, decl: Arg<unknown>): string | null {
    let found = -1
    for (const [i, mark] of this.marks.entries()) {
      if (mark !== keyword.length || !this.args[i]!.startsWith(keyword)) continue
      found = i
      this.marks[i] = BY_KEYWORD
    }
    if (decl.positional) {
      const at = this.marks.findIndex((mark) => mark !== BY_POSITION)
      const mark = at < 0 ? BY_KEYWORD : this.marks[at]!
      if (mark === 0 || (mark > 0 && found < 0 && decl.mandatory)) {
        this.marks[at] = BY_POSITION
        if (found < at) return this.args[at]!
      }
    }
    return found < 0 ? null : this.args[found]!.slice(keyword.length).trimStart()
  }

  reportLeft(context: ArgsContext): void {
    for (const [i, mark] of this.marks.entries()) {
      if (mark > 0) context.error(`${this.args[i]!.slice(0, mark)}: unknown argument`)
    }
    if (this.marks.includes(0)) context.error('too many arguments')
  }
}

/**
 * Parses raw arguments (from `splitArgs`) by their declaration. Mistakes go to `context.error`;
 * the value of an argument that is missing or wrong is its default.
 */
export function parseArgs<C extends ConfigDecl>(
  decl: C,
  rawArgs: readonly string[],
  context: ArgsContext,
): ConfigValues<C> {
  const supply = new Supply(rawArgs)
  const values: Record<string, unknown> = {}
  for (const [keyword, one] of Object.entries(decl)) {
    values[keyword] = one.default
    const text = supply.take(keyword, one)
    if (text === null) {
      if (one.mandatory) context.error(`${keyword}: required argument missing`)
      continue
    }
    const reader = READERS.get(one.type)
    if (reader === undefined) throw new Error(`${keyword}: no argument type '${one.type}'`)
    const value = reader(text, context)
    if (value instanceof Bad) context.error(`${keyword}: ${value.message}`)
    else values[keyword] = value
  }
  supply.reportLeft(context)
  return values as ConfigValues<C>
}
