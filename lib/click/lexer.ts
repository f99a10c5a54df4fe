// Configuration text to tokens. Configuration strings have rules of their own, so the parser reads
// one with `config()` right after it took the '('.
//
// Line directives (`# 12 "file"`, `#line 12`) at the start of a line set the file and line that
// findings name, in configuration strings too.

import { CONFIG_NAME_MAX } from '../limits.ts'
import { type Findings, LimitReached } from './findings.ts'
import { cpUnquote, isCommentAt, isSpace, skipComment, skipUnit } from './text.ts'

export type TokenKind =
  | 'identifier'
  | 'variable'
  | 'elementclass'
  | 'require'
  | 'provide'
  | 'define'
  | '->'
  | '=>'
  | '::'
  | '||'
  | '...'
  | 'end'
  /** Any other single character; its text says which. */
  | 'char'

export interface Token {
  readonly kind: TokenKind
  /** As written; of a variable, its name without '$'. */
  readonly text: string
  readonly where: string
}

// Repeated groups have a bound: the regular expression engine keeps a stack of their rounds.
const IDENTIFIER = /[\w@]+(?:\/[\w@]+){0,1024}/y
const VARIABLE = /\$\w+/y
const SYMBOL = /->|=>|::|\|\||\.\.\./y
const DIRECTIVE =
  /#[ \t]*(?:line[ \t]+)?(?:(\d+)[ \t]*("(?:\\[^\r\n]|[^"\\\r\n]){0,2048}"?)?)?[^\r\n]*/y
const KEYWORDS: ReadonlySet<string> = new Set(['elementclass', 'require', 'provide', 'define'])

const LF = 10
const CR = 13
const HASH = 35

export class Lexer {
  readonly #text: string
  readonly #findings: Findings
  readonly #originalFile: string
  #file: string
  #line = 1
  #pos = 0
  /** Tokens that were looked at and not yet taken. */
  readonly #ahead: Token[] = []

  constructor(text: string, filename: string, findings: Findings) {
    this.#text = text
    this.#file = filename
    this.#originalFile = filename
    this.#findings = findings
  }

  /** `file:line` of where the lexer stands. */
  get where(): string {
    return `${this.#file}:${this.#line}`
  }

  peek(): Token {
    if (this.#ahead.length === 0) this.#ahead.push(this.#read())
    return this.#ahead[0]!
  }

  /** The token after the next, which must not be a '('. */
  peekSecond(): Token {
    this.peek()
    if (this.#ahead.length === 1) this.#ahead.push(this.#read())
    return this.#ahead[1]!
  }

  next(): Token {
    return this.#ahead.shift() ?? this.#read()
  }

  /** The configuration string from here up to the parenthesis that ends it, which is left. */
  config(): string {
    if (this.#ahead.length > 0) throw new Error('a token was read ahead of a configuration string')
    const text = this.#text
    let out = ''
    let start = this.#pos
    let depth = 1
    let i = this.#pos
    while (i < text.length) {
      const c = text[i]
      if (c === '(') depth++
      else if (c === ')' && --depth === 0) break
      if (c === '#' && this.#atLineStart(i)) {
        out += text.slice(start, i)
        i = this.#directive(i)
        start = i
        continue
      }
      const end = isCommentAt(text, i) ? skipComment(text, i) : skipUnit(text, i)
      this.#countLines(i, end)
      i = end
    }
    this.#pos = i
    return out + text.slice(start, i)
  }

  #read(): Token {
    this.#skipBlank()
    const text = this.#text
    const start = this.#pos
    const where = this.where
    if (start >= text.length) return { kind: 'end', text: '', where }
    const word = match(IDENTIFIER, text, start)
    if (word !== '') {
      if (word.length > CONFIG_NAME_MAX)
        throw new LimitReached(`identifier is longer than ${CONFIG_NAME_MAX} characters`)
      this.#pos += word.length
      return { kind: KEYWORDS.has(word) ? (word as TokenKind) : 'identifier', text: word, where }
    }
    const variable = match(VARIABLE, text, start)
    if (variable !== '') {
      this.#pos += variable.length
      return { kind: 'variable', text: variable.slice(1), where }
    }
    const symbol = match(SYMBOL, text, start)
    this.#pos += symbol === '' ? 1 : symbol.length
    if (symbol === '') return { kind: 'char', text: text[start]!, where }
    return { kind: symbol as TokenKind, text: symbol, where }
  }

  #skipBlank(): void {
    const text = this.#text
    while (this.#pos < text.length) {
      const start = this.#pos
      const c = text.charCodeAt(start)
      if (isSpace(c)) this.#pos++
      else if (isCommentAt(text, start)) this.#pos = skipComment(text, start)
      else if (c === HASH && this.#atLineStart(start)) {
        this.#pos = this.#directive(start)
        continue
      } else return
      this.#countLines(start, this.#pos)
    }
  }

  #atLineStart(i: number): boolean {
    const before = i === 0 ? LF : this.#text.charCodeAt(i - 1)
    return before === LF || before === CR
  }

  /** Obeys the directive at `i`; returns the index of its line end. */
  #directive(i: number): number {
    DIRECTIVE.lastIndex = i
    const m = DIRECTIVE.exec(this.#text)!
    if (m[1] === undefined) {
      this.#findings.error(this.where, 'unknown preprocessor directive')
    } else {
      // The line end that follows is counted as every other.
      this.#line = Number(m[1]) - 1
      if (m[2] !== undefined) {
        const quoted = m[2].length > 1 && m[2].endsWith('"') ? m[2] : `${m[2]}"`
        this.#file = cpUnquote(quoted).slice(0, CONFIG_NAME_MAX) || this.#originalFile
      }
    }
    return i + m[0].length
  }

  /** Line ends are LF, CR and CRLF; of CRLF the LF counts. */
  #countLines(from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const c = this.#text.charCodeAt(i)
      if (c === LF || (c === CR && this.#text.charCodeAt(i + 1) !== LF)) this.#line++
    }
  }
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}
