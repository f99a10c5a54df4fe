// Script's functions: read handlers that compute with their words, `$(add 1 2)`.
// Each takes the text after its name and gives the value; a text that does not fit is an Error.

import { cpUnquote, parseBool, parseInteger, parseReal, splitSpaces } from '../../lib/click/args.ts'
import { sprintf } from './sprintf.ts'

export type ScriptFunction = (text: string, random: () => number) => string

/** Numbers as Click prints them: integers in full, others with up to 12 significant digits. */
export function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value)
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf'
  return String(Number(value.toPrecision(12)))
}

function numbers(text: string): number[] {
  return splitSpaces(text).map((word) => {
    const value = parseInteger(word) ?? parseReal(word)
    if (value === null) throw new Error('expected list of numbers')
    return value
  })
}

function fold(start: number, combine: (a: number, b: number) => number): ScriptFunction {
  return (text) => {
    const list = numbers(text)
    return numberText(list.length === 0 ? start : list.reduce((a, b) => combine(a, b)))
  }
}

function two(text: string): [string, string] {
  const [a, b, ...more] = splitSpaces(text)
  if (a === undefined || b === undefined || more.length > 0) throw new Error('expected two numbers')
  return [a, b]
}

/** Negative, zero or positive: as numbers where both are, else byte by byte. */
function compare(text: string): number {
  const [a, b] = two(text)
  const x = parseInteger(a) ?? parseReal(a)
  const y = parseInteger(b) ?? parseReal(b)
  if (x !== null && y !== null) return x - y
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

function one(map: (x: number) => number): ScriptFunction {
  return (text) => {
    const value = parseInteger(text.trim()) ?? parseReal(text.trim())
    if (value === null) throw new Error('expected one number')
    return numberText(map(value))
  }
}

/** Remainder with the sign of the first; of integers only, where `exact`. */
function remainder(exact: boolean): ScriptFunction {
  return (text) => {
    const [a, b] = two(text)
    const read = (word: string) => parseInteger(word) ?? (exact ? null : parseReal(word))
    const [x, y] = [read(a), read(b)]
    if (x === null || y === null || y === 0) throw new Error('expected two numbers')
    return numberText(x % y)
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
  add: fold(0, (a, b) => a + b),
  sub: fold(0, (a, b) => a - b),
  min: fold(1, Math.min),
  max: fold(1, Math.max),
  mul: fold(1, (a, b) => a * b),
  div: fold(1, (a, b) => a / b),
  idiv: (text) => numberText(Math.trunc(Number(fold(1, (a, b) => a / b)(text, Math.random)))),
  mod: remainder(true),
  rem: remainder(false),
  neg: one((x) => -x),
  abs: one(Math.abs),
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
  htons: one(swap16),
  ntohs: one(swap16),
  htonl: one(swap32),
  ntohl: one(swap32),
}
