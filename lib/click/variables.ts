// Variables in configuration strings: `$x`, `${x}`, `${x-default}`, `${x[2]}` (the third word).
//
// Nothing is replaced in single quotes and comments. Inside double quotes a value is quoted, so
// that it stays one string. Values are themselves expanded when they are used, by the scope that
// uses them.

import { EXPANSION_CHARS_MAX } from '../limits.ts'
import { LimitReached } from './findings.ts'
import { cpQuote, isCommentAt, skipComment, takeWord } from './text.ts'
import { parseInteger } from './values.ts'

/** How a variable was written: `$x`, `${…}`, `$(…)`. */
export type VariableForm = 'plain' | 'braces' | 'parens'

/** The value of what stands in a reference; null: left as written. */
export type Resolve = (inner: string, form: VariableForm) => string | null

/** Values within values; deeper ones stay as written: definitions may name themselves. */
const DEPTH_MAX = 10

/**
 * Replaces references to variables in a configuration string.
 * @param emptyStays as in Click's scripts: a text of which nothing is left, up to the end of its last
 * reference, stays as it was written
 */
export function substitute(text: string, resolve: Resolve, depth = 0, emptyStays = false): string {
  if (depth > DEPTH_MAX || !text.includes('$')) return text
  let out = ''
  let start = 0
  let quote = ''
  for (let i = 0; i < text.length; ) {
    const c = text[i]!
    if (c === '\\' && quote === '"') {
      i += 2
    } else if (c === '"' || c === "'") {
      if (quote === '') quote = c
      else if (quote === c) quote = ''
      i++
    } else if (quote === '' && isCommentAt(text, i)) {
      i = skipComment(text, i)
    } else if (c === '$' && quote !== "'") {
      const found = reference(text, i)
      if (found === 'unclosed') break
      if (found === null) {
        i++
        continue
      }
      out += text.slice(start, i)
      const inner = found.nested
        ? substitute(found.inner, resolve, depth + 1, emptyStays)
        : found.inner
      const value = resolve(inner, found.form)
      if (value === null) out += asWritten(inner, found.form)
      else out += quote === '"' ? cpQuote(value).slice(1, -1) : value
      start = found.next
      i = found.next
    } else {
      i++
    }
  }
  return emptyStays && out === '' ? text : out + text.slice(start)
}

function asWritten(inner: string, form: VariableForm): string {
  if (form === 'plain') return `$${inner}`
  return form === 'braces' ? `\${${inner}}` : `$(${inner})`
}

interface Reference {
  readonly inner: string
  readonly form: VariableForm
  readonly next: number
  /** It has references inside. */
  readonly nested: boolean
}

const PLAIN = /\$(\w+|[?#$])/y

/** The reference at a '$'; null: there is none; 'unclosed': its bracket is never closed. */
function reference(text: string, at: number): Reference | 'unclosed' | null {
  const open = text[at + 1]
  if (open !== '{' && open !== '(') {
    PLAIN.lastIndex = at
    const m = PLAIN.exec(text)
    return m && { inner: m[1]!, form: 'plain', next: at + m[0].length, nested: false }
  }
  const end = open === '{' ? text.indexOf('}', at + 2) : closingParen(text, at + 2)
  if (end < 0) return 'unclosed'
  const inner = text.slice(at + 2, end)
  const form = open === '{' ? 'braces' : 'parens'
  return { inner, form, next: end + 1, nested: inner.includes('$') }
}

/** The index of the parenthesis that closes, or -1. */
function closingParen(text: string, from: number): number {
  let depth = 1
  let quote = ''
  for (let i = from; i < text.length; i++) {
    const c = text[i]!
    if (c === '\\' && quote !== "'") i++
    else if (c === '"' || c === "'") {
      if (quote === '') quote = c
      else if (quote === c) quote = ''
    } else if (quote !== '') continue
    else if (c === '(') depth++
    else if (c === ')' && --depth === 0) return i
  }
  return -1
}

/** Characters that expansion may still read and write: shared by all scopes of a configuration. */
export class Budget {
  #left = EXPANSION_CHARS_MAX

  spend(chars: number): void {
    this.#left -= chars + 1
    if (this.#left < 0)
      throw new LimitReached(`configurations expand to over ${EXPANSION_CHARS_MAX} characters`)
  }
}

const BRACES = /^\s{0,9}(\w*)\s{0,9}(?:\[\s{0,9}(\w*)\s{0,9}\]\s{0,9})?(?:-([\s\S]*))?/

/** Variables of one compound element (or the file), and the scopes around it. */
export class Scope {
  readonly parent: Scope | null
  readonly depth: number
  readonly #values = new Map<string, string>()
  readonly #budget: Budget

  constructor(parent: Scope | null, budget: Budget) {
    this.parent = parent
    this.depth = parent === null ? 0 : parent.depth + 1
    this.#budget = budget
  }

  define(name: string, value: string): void {
    this.#values.set(name, value)
  }

  /** The innermost scope of this chain that lies outside of depth `depth`. */
  outside(depth: number): Scope | null {
    let scope: Scope | null = this
    while (scope !== null && scope.depth >= depth) scope = scope.parent
    return scope
  }

  expand(text: string, depth = 0): string {
    if (!text.includes('$')) return text
    this.#budget.spend(text.length)
    const resolve: Resolve = (inner, form) => this.#resolve(inner, form, depth)
    const expanded = substitute(text, resolve, depth)
    this.#budget.spend(expanded.length)
    return expanded
  }

  #find(name: string): string | null {
    let scope: Scope | null = this
    for (; scope !== null; scope = scope.parent) {
      const value = scope.#values.get(name)
      if (value !== undefined) return value
    }
    return null
  }

  #resolve(inner: string, form: VariableForm, depth: number): string | null {
    const m = form === 'braces' ? BRACES.exec(inner) : null
    const found = this.#find(m === null ? inner : m[1]!)
    if (found === null) {
      return m?.[3] === undefined ? null : this.expand(m[3], depth + 1)
    }
    const value = this.expand(found, depth + 1)
    this.#budget.spend(value.length)
    const index = m?.[2] === undefined ? null : parseInteger(m[2])
    return index === null || index < 0 ? value : nthWord(value, index)
  }
}

function nthWord(text: string, index: number): string {
  let rest = text
  for (let i = 0; rest !== ''; i++) {
    const { word, rest: more } = takeWord(rest)
    if (i === index) return word
    rest = more
  }
  return ''
}
