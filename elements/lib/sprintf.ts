// Formats of C for Script's sprintf: integers, strings and %%.

import { cpUnquote, parseInteger, splitSpaces } from '../../lib/click/args.ts'

const DIRECTIVE = /%([-+ #0]*)(\*|\d*)(?:\.(\*|\d*))?(hh?|ll?|L|q)?([diouxXs%])/y

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
  if (kind === '%') return '%'
  let flags = m[1]!
  let width = m[2] === '*' ? integer(next()) : Number(m[2])
  if (width < 0) {
    flags += '-'
    width = -width
  }
  const precision = m[3] === undefined ? -1 : m[3] === '*' ? integer(next()) : Number(m[3])
  if (kind === 's') {
    const s = cpUnquote(next())
    return pad(precision >= 0 ? s.slice(0, precision) : s, width, flags.replaceAll('0', ''))
  }
  const short = m[4]?.startsWith('h') === true
  return pad(integerText(integer(next()), kind, flags, precision, short), width, flags)
}

function integer(word: string): number {
  const value = parseInteger(word)
  if (value === null) throw new Error('syntax error')
  return value
}

function integerText(
  value: number,
  kind: string,
  flags: string,
  precision: number,
  short: boolean,
): string {
  const signed = kind === 'd' || kind === 'i'
  let n = BigInt(value)
  if (signed) n = BigInt.asIntN(short ? 16 : 64, n)
  else n = BigInt.asUintN(short ? 16 : 64, n)
  const base = kind === 'o' ? 8 : kind === 'x' || kind === 'X' ? 16 : 10
  let digits = (n < 0n ? -n : n).toString(base)
  if (precision >= 0) digits = digits.padStart(precision, '0')
  if (flags.includes('#') && base === 16 && n !== 0n) digits = `0x${digits}`
  if (flags.includes('#') && base === 8 && !digits.startsWith('0')) digits = `0${digits}`
  if (kind === 'X') digits = digits.toUpperCase()
  const plus = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''
  return `${n < 0n ? '-' : signed ? plus : ''}${digits}`
}

function pad(text: string, width: number, flags: string): string {
  if (flags.includes('-')) return text.padEnd(width)
  if (!flags.includes('0')) return text.padStart(width)
  const sign = /^[-+ ]?(?:0[xX])?/.exec(text)![0]
  return sign + text.slice(sign.length).padStart(width - sign.length, '0')
}
