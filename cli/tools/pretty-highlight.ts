// A configuration's text as HTML: comments, keywords, configuration strings, declarations in spans of
// their classes; elements and their declarations linked. Nothing of the text is changed or left out.

import { isCommentAt, isSpace, skipComment, skipUnit } from '../../lib/click/text.ts'

/** What the text's names stand for. */
export interface Names {
  /** Elements of the outermost level in the order in which the text makes them. */
  readonly elements: readonly { readonly name: string; readonly className: string }[]
  /** Classes that the text defines. */
  readonly defined: ReadonlySet<string>
  /** Where a class is documented; null: nowhere. */
  docOf(className: string): string | null
}

export function htmlEscaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll("'", '&#39;')
    .replaceAll('"', '&quot;')
}

/** A class name, linked to its definition or its documentation. */
export function classLink(name: string, names: Names): string {
  const doc = names.defined.has(name) ? `#c-${name}` : names.docOf(name)
  const shown = htmlEscaped(name)
  return doc === null ? shown : `<a href='${htmlEscaped(doc)}'>${shown}</a>`
}

export function highlighted(text: string, names: Names): string {
  return new Highlighter(text, names).run()
}

const WORD = /\$?[\w@]+(?:\/[\w@]+)*/y
const KEYWORDS = new Set(['elementclass', 'require', 'provide', 'define'])

class Highlighter {
  readonly #text: string
  readonly #names: Names
  readonly #known: ReadonlyMap<string, string>
  #out = ''
  #at = 0
  /** Braces that are open: within, elements are not those of the outermost level. */
  #depth = 0
  /** The next of `names.elements` to come. */
  #next = 0
  /** Kind of what stood last: decides what a name or '(' means. */
  #last: 'start' | 'word' | 'keyword' | 'elementclass' | '::' | '}' | ']' | '(' = 'start'

  constructor(text: string, names: Names) {
    this.#text = text
    this.#names = names
    this.#known = new Map(names.elements.map((e) => [e.name, e.className]))
  }

  run(): string {
    const text = this.#text
    while (this.#at < text.length) {
      const c = text[this.#at]!
      if (isSpace(text.charCodeAt(this.#at))) this.#copy(this.#at + 1)
      else if (isCommentAt(text, this.#at)) this.#span('c-cmt', skipComment(text, this.#at))
      else if (/[\w@$]/.test(c)) this.#word()
      else if (text.startsWith('::', this.#at)) {
        this.#copy(this.#at + 2)
        this.#last = '::'
      } else if (c === '(' && this.#takesConfig()) this.#config()
      else this.#symbol(c)
    }
    return this.#out
  }

  #copy(end: number): void {
    this.#out += htmlEscaped(this.#text.slice(this.#at, end))
    this.#at = end
  }

  #span(cls: string, end: number): void {
    this.#out += `<span class='${cls}'>`
    this.#copy(end)
    this.#out += '</span>'
  }

  #takesConfig(): boolean {
    return this.#last === 'word' || this.#last === 'keyword' || this.#last === '}'
  }

  #symbol(c: string): void {
    if (c === '{') {
      if (this.#depth === 0 && this.#last === 'start') this.#anonymousCompound()
      this.#depth++
      this.#last = 'start'
    } else if (c === '}') {
      this.#depth = Math.max(0, this.#depth - 1)
      this.#last = '}'
    } else this.#last = 'start'
    this.#copy(this.#at + 1)
  }

  #anonymousCompound(): void {
    const next = this.#names.elements[this.#next]
    if (next?.name.startsWith('@') === true) this.#next++
  }

  #config(): void {
    const text = this.#text
    this.#copy(this.#at + 1)
    let depth = 1
    let i = this.#at
    while (i < text.length) {
      if (text[i] === '(') depth++
      else if (text[i] === ')' && --depth === 0) break
      i = isCommentAt(text, i) ? skipComment(text, i) : skipUnit(text, i)
    }
    if (i > this.#at) this.#span('c-cfg', i)
    this.#copy(Math.min(i + 1, text.length))
    this.#last = 'start'
  }

  #word(): void {
    WORD.lastIndex = this.#at
    const word = WORD.exec(this.#text)?.[0] ?? this.#text[this.#at]!
    this.#at += word.length
    if (KEYWORDS.has(word)) {
      this.#out += `<span class='c-kw'>${word}</span>`
      this.#last = word === 'elementclass' ? 'elementclass' : 'keyword'
    } else if (this.#last === 'elementclass') {
      this.#out += `<a name='c-${word}'><span class='c-cd'>${word}</span></a>`
      this.#last = '::' // what may follow is the class that it stands for
    } else {
      const isClass = this.#last === '::' || !this.#isElement(word)
      this.#out += isClass ? this.#className(word) : this.#elementName(word)
      this.#last = 'word'
    }
  }

  /** Is a word an element's name, rather than a class in its place? */
  #isElement(word: string): boolean {
    if (/^(?:input|output)$/.test(word) || word.startsWith('$')) return true
    if (this.#depth === 0) return this.#known.has(word)
    return /^\s*(?:,\s*[\w@]+\s*)*::/.test(this.#text.slice(this.#at)) || this.#known.has(word)
  }

  #className(word: string): string {
    const link = classLink(word, this.#names)
    if (this.#depth > 0 || this.#last === '::') return link
    // A class in the place of an element makes one without a name of its own.
    const next = this.#names.elements[this.#next]
    if (next === undefined || !next.name.startsWith(`${word}@`)) return link
    this.#next++
    return `<span class='c-ed' title='${title(next)}'><a name='e-${next.name}'></a>${link}</span>`
  }

  #elementName(word: string): string {
    const className = this.#known.get(word)
    const shown = htmlEscaped(word)
    if (this.#depth > 0 || className === undefined) return shown
    const element = { name: word, className }
    const next = this.#names.elements[this.#next]
    if (next?.name !== word) return `<a href='#e-${word}' title='${title(element)}'>${shown}</a>`
    this.#next++
    return `<span class='c-ed' title='${title(element)}'><a name='e-${word}'>${shown}</a></span>`
  }
}

function title({ name, className }: { name: string; className: string }): string {
  return htmlEscaped(`${name} :: ${className}`)
}
