// The pattern language of IPClassifier and IPFilter: text to an expression over word tests.
//
//   expr   = or [ '?' expr ':' expr ]
//   or     = and { ('or' | '||') and }
//   and    = factor { [ 'and' | '&&' ] factor }        juxtaposition is 'and'
//   factor = ('not' | '!') factor | '(' expr ')' | primitive (ip-filter-test.ts)

import type { AddressTable } from '../../lib/click/args.ts'
import { PatternError } from './ip-filter-make.ts'
import { Primitives } from './ip-filter-test.ts'
import { and, type Expr, FALSE, or, TRUE } from './program.ts'

/** Words of one pattern at most, and how deep its parentheses may nest. */
const WORDS_MAX = 10_000
const DEPTH_MAX = 200

/** Cuts a pattern into words; operators are words of their own. */
export function splitWords(text: string): string[] {
  return text.match(/&&|\|\||[<>!=]=|[&|<>!=()[\],;?]|[\w\-./@:]+|\S/g) ?? []
}

/** Parses a pattern. Errors are told to `error`; the result is FALSE then. `warn` hears the rest. */
export function parseFilter(
  text: string,
  addresses: AddressTable,
  error: (message: string) => void,
  warn: (message: string) => void = () => {},
): Expr {
  const words = splitWords(text)
  if (words.length === 0 || (words.length === 1 && /^(?:-|any|all)$/.test(words[0]!))) return TRUE
  if (words.length > WORDS_MAX) {
    error(`pattern has more than ${WORDS_MAX} words`)
    return FALSE
  }
  try {
    const parser = new Parser(words, addresses, warn)
    const expr = parser.expr(0)
    if (parser.at < words.length)
      throw new PatternError(`garbage after pattern at '${parser.word}'`)
    return expr
  } catch (problem) {
    if (!(problem instanceof PatternError)) throw problem
    error(problem.message)
    return FALSE
  }
}

class Parser {
  readonly #words: readonly string[]
  readonly #primitives: Primitives
  at = 0

  constructor(words: readonly string[], addresses: AddressTable, warn: (message: string) => void) {
    this.#words = words
    this.#primitives = new Primitives(words, addresses, warn)
  }

  get word(): string {
    return this.#words[this.at] ?? ''
  }

  #take(...words: string[]): boolean {
    if (!words.includes(this.word)) return false
    this.at++
    return true
  }

  expr(depth: number): Expr {
    if (depth > DEPTH_MAX) throw new PatternError(`nested deeper than ${DEPTH_MAX}`)
    const test = this.#or(depth)
    if (!this.#take('?')) return test
    const then = this.expr(depth + 1)
    if (!this.#take(':')) throw new PatternError("missing ':' in ternary expression")
    return { kind: 'cond', test, then, otherwise: this.expr(depth + 1) }
  }

  #or(depth: number): Expr {
    const of = [this.#and(depth)]
    while (this.#take('or', '||')) of.push(this.#and(depth))
    return or(...of)
  }

  #and(depth: number): Expr {
    const of = [this.#factor(depth)]
    for (;;) {
      if (this.#take('and', '&&')) of.push(this.#factor(depth))
      else if (this.word === '' || /^(?:or|\|\||\)|\?|:)$/.test(this.word)) return and(...of)
      else of.push(this.#factor(depth))
    }
  }

  #factor(depth: number): Expr {
    if (depth > DEPTH_MAX) throw new PatternError(`nested deeper than ${DEPTH_MAX}`)
    if (this.#take('not', '!')) return { kind: 'not', of: this.#factor(depth + 1) }
    if (this.#take('(')) {
      const inner = this.expr(depth + 1)
      if (!this.#take(')')) throw new PatternError("missing ')'")
      return inner
    }
    if (this.word === '') throw new PatternError('missing expression')
    if (this.#take('true')) return TRUE
    // They stand for a whole pattern only.
    if (/^(?:-|any|all)$/.test(this.word)) throw new PatternError(`empty term near '${this.word}'`)
    if (this.#take('false')) return FALSE
    const { expr, next } = this.#primitives.parse(this.at)
    this.at = next
    return expr
  }
}
