// Script's functions: read handlers that compute with their words, `$(add 1 2)`.
// Each takes the text after its name and gives the value; a text that does not fit is an Error.

import { cpUnquote, parseBool, parseInteger, splitSpaces } from '../../lib/click/args.ts'
import { INT64_MIN, parseDouble, parseInt64, realText } from './script-numbers.ts'
import { sprintf } from './sprintf.ts'

export type ScriptFunction = (text: string, random: () => number) => string

/** Reads all words as numbers: integers as long as they are, real numbers from the first that is not. */
function fold(
  start: number,
  onIntegers: ((a: bigint, b: bigint) => bigint) | null,
  onReals: (a: number, b: number) => number,
): (text: string) => Sum {
  return (text) => {
    let exact: bigint | null = onIntegers === null ? null : BigInt(start)
    let real = start
    splitSpaces(text).forEach((word, i) => {
      const integer = exact === null ? null : parseInt64(word)
      if (exact !== null && integer !== null && onIntegers !== null) {
        exact = i === 0 ? integer : BigInt.asIntN(64, onIntegers(exact, integer))
        return
      }
      if (exact !== null) real = Number(exact)
      exact = null
      const value = parseDouble(word)
      if (value === null) throw new Error('expected list of numbers')
      real = i === 0 ? value : onReals(real, value)
    })
    return { exact, real }
  }
}

interface Sum {
  /** Null: the sum is real. */
  readonly exact: bigint | null
  readonly real: number
}

function arithmetic(...args: Parameters<typeof fold>): ScriptFunction {
  const sum = fold(...args)
  return (text) => {
    const { exact, real } = sum(text)
    return exact === null ? realText(real) : String(exact)
  }
}

// Math.min and Math.max take no 64-bit integers.

function lesser(a: bigint, b: bigint): bigint {
  if (a < b) return a
  return b
}

function greater(a: bigint, b: bigint): bigint {
  if (a > b) return a
  return b
}

const divide = fold(1, null, (a, b) => a / b)

/** A quotient without its fraction; what is none is the least 64-bit integer, as in C. */
function integerQuotient(text: string): string {
  const { real } = divide(text)
  return Math.abs(real) < 2 ** 63 ? String(BigInt(Math.trunc(real))) : String(INT64_MIN)
}

function two(text: string): [string, string] {
  const [a, b, ...more] = splitSpaces(text)
  if (a === undefined || b === undefined || more.length > 0) throw new Error('expected two numbers')
  return [a, b]
}

/** Negative, zero or positive: as numbers where both are, else byte by byte. */
function compare(text: string): number {
  const [a, b] = two(text)
  const [i, k] = [parseInt64(a), parseInt64(b)]
  if (i !== null && k !== null) return i < k ? -1 : i > k ? 1 : 0
  const [x, y] = [parseDouble(a), parseDouble(b)]
  if (x !== null && y !== null) return x < y ? -1 : x === y ? 0 : 1
  const [s, t] = [cpUnquote(a), cpUnquote(b)]
  return s < t ? -1 : s > t ? 1 : 0
}

function comparing(holds: (order: number) => boolean): ScriptFunction {
  return (text) => String(holds(compare(text)))
}

function bool(word: string | undefined): boolean {
  const value = parseBool(word ?? '')
  if (value === null) throw new Error('syntax error')
  return value
}

/** Looks at words only till the outcome is known. */
function all(wanted: boolean, negate: boolean): ScriptFunction {
  return (text) => {
    const outcome = splitSpaces(text).every((word) => bool(word) === wanted) === wanted
    return String(outcome !== negate)
  }
}

/** On an integer where it is one, else on a real number. */
function one(onInteger: (x: bigint) => bigint, onReal: (x: number) => number): ScriptFunction {
  return (text) => {
    const word = text.trim()
    const integer = parseInt64(word)
    if (integer !== null) return String(BigInt.asIntN(64, onInteger(integer)))
    const value = parseDouble(word)
    if (value === null) throw new Error('expected one number')
    return realText(onReal(value))
  }
}

/** Remainder with the sign of the first; of integers only, where `exact`. */
function remainder(exact: boolean): ScriptFunction {
  return (text) => {
    const [a, b] = two(text)
    const [i, k] = [parseInt64(a), parseInt64(b)]
    if (i !== null && k !== null) {
      if (k === 0n) throw new Error('expected two numbers')
      return String(i % k)
    }
    const [x, y] = [parseDouble(a), parseDouble(b)]
    if (exact || x === null || y === null) throw new Error('expected two numbers')
    return realText(x % y)
  }
}

/** Of a 32-bit integer; larger ones count as the largest. */
function swapped(swap: (x: number) => number): ScriptFunction {
  return (text) => {
    const value = parseInteger(text.trim())
    if (value === null) throw new Error('syntax error')
    return String(swap(Math.max(-0x80000000, Math.min(0x7fffffff, value))))
  }
}

function swap16(x: number): number {
  return ((x & 0xff) << 8) | ((x >>> 8) & 0xff)
}

function swap32(x: number): number {
  return ((swap16(x & 0xffff) << 16) | swap16(x >>> 16)) >>> 0
}

function choose(text: string): string {
  const [condition, yes = '', no = ''] = splitSpaces(text)
  return bool(condition) ? yes : no
}

function isIn(text: string): string {
  const [first, ...others] = splitSpaces(text).map(cpUnquote)
  return String(first !== undefined && others.includes(first))
}

const RANDOM_MAX = 0x7fffffff

function randomInteger(text: string, random: () => number): string {
  const words = splitSpaces(text).map(parseInteger)
  const [a = null, b = null] = words
  if (words.length > 2 || words.includes(null)) throw new Error('bad N')
  const low = b === null ? 0 : a!
  const high = a === null ? RANDOM_MAX : (b ?? a - 1)
  if (high < low) throw new Error('bad N')
  return String(low + Math.floor(random() * (high - low + 1)))
}

export const FUNCTIONS: Readonly<Record<string, ScriptFunction>> = {
  add: arithmetic(
    0,
    (a, b) => a + b,
    (a, b) => a + b,
  ),
  sub: arithmetic(
    0,
    (a, b) => a - b,
    (a, b) => a - b,
  ),
  min: arithmetic(1, lesser, Math.min),
  max: arithmetic(1, greater, Math.max),
  mul: arithmetic(
    1,
    (a, b) => a * b,
    (a, b) => a * b,
  ),
  div: arithmetic(1, null, (a, b) => a / b),
  idiv: integerQuotient,
  mod: remainder(true),
  rem: remainder(false),
  neg: one(
    (x) => -x,
    (x) => -x,
  ),
  abs: one((x) => (x < 0n ? -x : x), Math.abs),
  eq: comparing((order) => order === 0),
  ne: comparing((order) => order !== 0),
  gt: comparing((order) => order > 0),
  ge: comparing((order) => order >= 0),
  lt: comparing((order) => order < 0),
  le: comparing((order) => order <= 0),
  not: (text) => String(!bool(text.trim())),
  and: all(true, false),
  nand: all(true, true),
  or: all(false, false),
  nor: all(false, true),
  if: choose,
  in: isIn,
  first: (text) => splitSpaces(text)[0] ?? '',
  sprintf,
  random: randomInteger,
  length: (text) => String(text.length),
  unquote: (text) => cpUnquote(text),
  htons: swapped(swap16),
  ntohs: swapped(swap16),
  htonl: swapped(swap32),
  ntohl: swapped(swap32),
}
