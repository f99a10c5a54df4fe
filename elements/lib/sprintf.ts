// Formats of C for Script's sprintf: integers, strings and %%.

import { cpUnquote, parseInteger, parseString, splitSpaces } from '../../lib/click/args.ts'
import { parseInt64, parseUint64 } from './script-numbers.ts'

/** Characters of one field; a wider one is cut to that. */
const WIDTH_MAX = 65_536

// hidden-state: its place is set before each use
const DIRECTIVE = /%([-+ #0]*)(\*|\d*)(?:\.(\*|\d*))?([hlLq]*)([diouxXs%])/y

/** `FORMAT ARG...`, words apart by blanks, quoted where they hold some. */
export function sprintf(text: string): string {
  const words = splitSpaces(text)
  const format = cpUnquote(words.shift() ?? '')
  const next = (): string => {
    const word = words.shift()
    if (word === undefined) throw new Error('syntax error')
    return word
  }
  let out = ''
  for (let i = 0; i < format.length; ) {
    if (format[i] !== '%') {
      out += format[i++]
      continue
    }
    DIRECTIVE.lastIndex = i
    const m = DIRECTIVE.exec(format)
    if (m === null) throw new Error('syntax error')
    out += directive(m, next)
    i += m[0].length
  }
  if (words.length > 0) throw new Error('syntax error')
  return out
}

function directive(m: RegExpExecArray, next: () => string): string {
  const kind = m[5]!
  let flags = m[1]!
  let width = m[2] === '*' ? integer('*', next) : Math.min(Number(m[2]), WIDTH_MAX)
  if (width < 0) {
    flags += '-'
    width = -width
  }
  const precision = m[3] === undefined || m[3] === '' ? -1 : integer(m[3], next)
  if (kind === '%') return pad('%', width, flags.replaceAll('0', ''))
  if (kind === 's') {
    const s = parseString(next())
    if (s === null) throw new Error('syntax error')
    return pad(precision >= 0 ? s.slice(0, precision) : s, width, flags)
  }
  const isSigned = kind === 'd' || kind === 'i'
  const value = (isSigned ? parseInt64 : parseUint64)(next())
  if (value === null) throw new Error('syntax error')
  return pad(integerText(value, kind, flags, precision, m[4]!.endsWith('h')), width, flags)
}

/** A width or precision: its digits, or the next argument. */
function integer(text: string, next: () => string): number {
  const value = parseInteger(text === '*' ? next() : text || '0')
  if (value === null || (text === '*' && Math.abs(value) > WIDTH_MAX))
    throw new Error('syntax error')
  return value
}

function integerText(
  value: bigint,
  kind: string,
  flags: string,
  precision: number,
  short: boolean,
): string {
  const isSigned = kind === 'd' || kind === 'i'
  let n = value
  if (short) n = isSigned ? BigInt.asIntN(16, n) : BigInt.asUintN(16, n)
  const base = kind === 'o' ? 8 : kind === 'x' || kind === 'X' ? 16 : 10
  let digits = (n < 0n ? -n : n).toString(base)
  if (precision === 0 && n === 0n) digits = ''
  if (precision >= 0) digits = digits.padStart(precision, '0')
  if (flags.includes('#') && base === 16 && n !== 0n) digits = `0x${digits}`
  if (flags.includes('#') && base === 8 && !digits.startsWith('0')) digits = `0${digits}`
  if (kind === 'X') digits = digits.toUpperCase()
  const plus = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''
  return `${n < 0n ? '-' : plus}${digits}`
}

function pad(text: string, width: number, flags: string): string {
  if (flags.includes('-')) return text.padEnd(width)
  if (!flags.includes('0')) return text.padStart(width)
  const sign = /^[-+ ]?(?:0[xX])?/.exec(text)![0]
  return sign + text.slice(sign.length).padStart(width - sign.length, '0')
}
