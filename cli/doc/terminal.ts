// An element's documentation for the terminal, as a manual page: sections with text indented below
// their titles, filled to the width.

import type { Block, Part } from './block.ts'
import type { ElementDoc } from './elements.ts'
import { type Style, spansOf } from './inline.ts'
import { declaredParts } from './sections.ts'

const INDENT = 7
const WIDTH_MAX = 100

export interface TerminalOptions {
  readonly width: number
  /** Bold and underlined text by escape sequences. */
  readonly colors: boolean
}

const CODES: Readonly<Record<Style, readonly [on: string, off: string]>> = {
  bold: ['\x1b[1m', '\x1b[22m'],
  code: ['\x1b[1m', '\x1b[22m'],
  italic: ['\x1b[4m', '\x1b[24m'],
  link: ['\x1b[4m', '\x1b[24m'],
  plain: ['', ''],
}

export function terminalPage(doc: ElementDoc, options: TerminalOptions): string {
  return new Page({ ...options, width: Math.min(options.width, WIDTH_MAX) }).write(doc)
}

class Page {
  readonly #options: TerminalOptions
  #out = ''

  constructor(options: TerminalOptions) {
    this.#options = options
  }

  write({ name, block, declared }: ElementDoc): string {
    this.#title('NAME')
    this.#fill(`${name} - ${block.summary}`, INDENT)
    this.#synopsis(block)
    if (block.deprecated !== null) {
      this.#title('DEPRECATED')
      this.#fill(`Use ${block.deprecated}.`, INDENT)
    }
    this.#section('DECLARATION', declaredParts(declared))
    const early = block.sections.filter((s) => s.title !== 'EXAMPLES')
    for (const { title, parts } of early) this.#section(title, parts)
    this.#handlers(block)
    for (const { title, parts } of block.sections.filter((s) => !early.includes(s)))
      this.#section(title, parts)
    if (block.seeAlso !== '') this.#section('SEE ALSO', [{ kind: 'text', text: block.seeAlso }])
    return this.#out
  }

  #title(text: string): void {
    this.#out += `${this.#out === '' ? '' : '\n'}${this.#styled('bold', text)}\n`
  }

  #synopsis({ synopsis }: Block): void {
    this.#title('SYNOPSIS')
    for (const lines of synopsis) this.#fill(lines, INDENT)
  }

  #section(title: string, parts: readonly Part[]): void {
    if (parts.length === 0) return
    this.#title(title)
    this.#parts(parts, INDENT)
  }

  #handlers({ handlers }: Block): void {
    if (handlers.length === 0) return
    this.#title('HANDLERS')
    for (const [i, { name, type, parts }] of handlers.entries()) {
      if (i > 0) this.#out += '\n'
      this.#fill(`B<${name}> (${type})`, INDENT)
      this.#parts(parts, INDENT + 4)
    }
  }

  #parts(parts: readonly Part[], indent: number): void {
    for (const [i, part] of parts.entries()) {
      if (i > 0) this.#out += '\n'
      if (part.kind === 'text') this.#fill(part.text, indent)
      else if (part.kind === 'heading')
        this.#out += `${' '.repeat(indent - 3)}${this.#styled('bold', part.text)}\n`
      else if (part.kind === 'verbatim')
        for (const line of part.lines)
          this.#out += line === '' ? '\n' : `${' '.repeat(indent + 2)}${line}\n`
      else
        for (const [k, item] of part.items.entries()) {
          if (k > 0) this.#out += '\n'
          this.#fill(item.term, indent)
          this.#parts(item.parts, indent + 4)
        }
    }
  }

  #fill(text: string, indent: number): void {
    for (const line of this.#wrap(text, this.#options.width - indent))
      this.#out += `${' '.repeat(indent)}${line}\n`
  }

  /** Words keep their style; only what shows counts for the width. */
  #wrap(text: string, width: number): string[] {
    const lines: string[] = []
    let line = ''
    let length = 0
    let glue = true // does the next word follow without a blank?
    const put = (shown: string, word: string) => {
      const blank = glue || length === 0 ? 0 : 1
      if (length + blank + word.length > width && length > 0 && !glue) {
        lines.push(line)
        line = ''
        length = 0
      }
      line += (length > 0 && blank === 1 ? ' ' : '') + shown
      length += word.length + (length > 0 ? blank : 0)
      glue = true
    }
    for (const { style, text: part } of spansOf(text))
      for (const piece of part.split(/(\s+)/)) {
        if (piece === '') continue
        if (/^\s/.test(piece)) glue = false
        else put(this.#styled(style, piece), piece)
      }
    if (length > 0) lines.push(line)
    return lines
  }

  #styled(style: Style, text: string): string {
    if (!this.#options.colors) return text
    const [on, off] = CODES[style]
    return `${on}${text}${off}`
  }
}
