// The tags of click-pretty's templates: the configuration, lists of its elements and classes, and
// what is known of each.

import type { ShownElement, ShownPort } from './pretty-graph.ts'
import { classLink, htmlEscaped, type Names } from './pretty-highlight.ts'
import { expandTemplate, type Tag } from './pretty-template.ts'

export interface PageOptions {
  readonly elements: readonly ShownElement[]
  readonly names: Names
  /** The configuration as HTML. */
  readonly config: string
  /** Tags of the command line. */
  readonly defines: ReadonlyMap<string, string>
}

/** What a tag is about. */
interface About {
  readonly element?: ShownElement
  readonly className?: string
  readonly port?: ShownPort
  /** Attributes of the tags around it: entries that it may leave to them. */
  readonly outer: ReadonlyMap<string, string>
}

const NOTHING: About = { outer: new Map() }

/** Tags that expand to tags: deeper ones are left empty. */
const DEPTH_MAX = 32

export class Page {
  readonly #options: PageOptions
  #depth = 0

  constructor(options: PageOptions) {
    this.#options = options
  }

  expand(template: string): string {
    return this.#text(template, NOTHING)
  }

  /** A template that is about one element. */
  ofElement(template: string, element: ShownElement): string {
    return this.#text(template, { element, className: element.className, outer: new Map() })
  }

  #text(template: string | undefined, about: About): string {
    if (template === undefined || this.#depth > DEPTH_MAX) return ''
    this.#depth++
    const text = expandTemplate(template, (tag) => this.#tag(tag, about))
    this.#depth--
    return text
  }

  #tag(tag: Tag, about: About): string {
    const { element, className, port } = about
    const text = this.#options.defines.get(tag.name)
    if (text !== undefined) return this.#text(text, about)
    if (tag.name === 'if') return this.#if(tag, about)
    if (tag.name === 'elements') return this.#elements(tag)
    if (className !== undefined) {
      if (tag.name === 'type') return this.#type(tag, className)
      if (tag.name === 'typerefs') return this.#typeRefs(tag, about, className)
      if (tag.name === 'name' && element === undefined) return this.#type(tag, className)
    }
    if (port !== undefined) {
      if (tag.name === 'port') return String(port.number)
      if (tag.name === 'processing')
        return port.processing === 'agnostic' ? 'push' : port.processing
      if (/^(?:in|out)putconnections$/.test(tag.name)) return this.#connections(tag, about, port)
    }
    if (element !== undefined) return this.#ofElement(tag, about, element)
    return tag.name === 'config' ? `<pre>${this.#options.config}</pre>\n` : ''
  }

  #type({ attributes }: Tag, className: string): string {
    return attributes.has('link')
      ? classLink(className, this.#options.names)
      : htmlEscaped(className)
  }

  #ofElement(tag: Tag, about: About, element: ShownElement): string {
    const { attributes } = tag
    const { name, config } = element
    switch (tag.name) {
      case 'name':
        if (!attributes.has('link')) return htmlEscaped(name)
        if (attributes.get('link') === 'type')
          return classLink(element.className, this.#options.names)
        return `<a href='#e-${name}'>${htmlEscaped(name)}</a>`
      case 'anonymous':
        return element.anonymous ? 'yes' : ''
      case 'config': {
        const limit = Number(attributes.get('limit') ?? Number.POSITIVE_INFINITY)
        const shown = config.length > limit ? `${config.slice(0, limit)}...` : config
        return shown !== '' && attributes.has('parens')
          ? `(${htmlEscaped(shown)})`
          : htmlEscaped(shown)
      }
      case 'configlink': {
        const text = this.#text(attributes.get('text') ?? about.outer.get('configlink'), about)
        return text === '' ? '' : `<a href='#e-${name}'>${text}</a>${attributes.get('sep') ?? ''}`
      }
      case 'ninputs':
        return portCount(element.inputs.length, 'input', attributes)
      case 'noutputs':
        return portCount(element.outputs.length, 'output', attributes)
      case 'inputs':
        return this.#ports(tag, about, element.inputs, 'input')
      case 'outputs':
        return this.#ports(tag, about, element.outputs, 'output')
      default:
        return ''
    }
  }

  #ports(tag: Tag, about: About, ports: readonly ShownPort[], side: 'input' | 'output'): string {
    const { attributes } = tag
    if (attributes.has('english')) return portCount(ports.length, side, attributes)
    const entry = attributes.get('entry') ?? about.outer.get(`${side}entry`)
    const noEntry = attributes.get('noentry') ?? about.outer.get(`no${side}entry`)
    if (ports.length === 0) return this.#text(noEntry, about)
    return ports
      .map((port) => this.#text(entry, { ...about, port }))
      .join(attributes.get('sep') ?? '')
  }

  #connections({ name, attributes }: Tag, about: About, { connected }: ShownPort): string {
    const side = name.replace(/s$/, '')
    const entry = attributes.get('entry') ?? about.outer.get(side)
    const noEntry = attributes.get('noentry') ?? about.outer.get(`no${side}`)
    if (connected.length === 0) return this.#text(noEntry, about)
    const texts = connected.map(({ element: index, port: number }) => {
      const element = this.#options.elements[index]!
      const ports = side === 'inputconnection' ? element.outputs : element.inputs
      return this.#text(entry, {
        ...about,
        element,
        className: element.className,
        port: ports[number]!,
      })
    })
    return texts.join(attributes.get('sep') ?? '')
  }

  #typeRefs({ attributes }: Tag, about: About, className: string): string {
    const entry = attributes.get('entry') ?? about.outer.get('typeref')
    const members = sorted(this.#options.elements.filter((e) => e.className === className))
    const texts = members.map((element) => this.#text(entry, { ...about, element }))
    return texts.join(attributes.get('sep') ?? '')
  }

  #elements({ attributes }: Tag): string {
    const { elements } = this.#options
    const entry = attributes.get('entry')
    const typeEntry = attributes.get('typeentry')
    const entries: { key: string; text: () => string }[] = []
    if (typeEntry !== undefined)
      for (const className of new Set(elements.map((e) => e.className)))
        entries.push({
          key: className,
          text: () => this.#text(typeEntry, { className, outer: attributes }),
        })
    if (entry !== undefined)
      for (const element of elements) {
        const about = { element, className: element.className, outer: attributes }
        entries.push({ key: element.name, text: () => this.#text(entry, about) })
      }
    entries.sort((a, b) => compare(a.key, b.key))
    return inColumn(entries, attributes.get('column'))
      .map((e) => e.text())
      .join(attributes.get('sep') ?? '')
  }

  #if({ attributes }: Tag, about: About): string {
    const test = this.#text(attributes.get('test'), about)
    const holds = Object.entries(TESTS).find(([word]) => attributes.has(word))
    const value = holds === undefined ? '' : this.#text(attributes.get(holds[0]), about)
    const yes = holds === undefined ? test !== '' : holds[1](order(test, value))
    return this.#text(attributes.get(yes ? 'then' : 'else'), about)
  }
}

const TESTS: Readonly<Record<string, (order: number) => boolean>> = {
  eq: (o) => o === 0,
  ne: (o) => o !== 0,
  gt: (o) => o > 0,
  lt: (o) => o < 0,
  ge: (o) => o >= 0,
  le: (o) => o <= 0,
}

/** Integers by their value, other texts by their letters. */
function order(a: string, b: string): number {
  if (/^-?\d+$/.test(a) && /^-?\d+$/.test(b)) return Number(a) - Number(b)
  return a < b ? -1 : a > b ? 1 : 0
}

function compare(a: string, b: string): number {
  return order(a.toLowerCase(), b.toLowerCase())
}

function sorted(elements: readonly ShownElement[]): ShownElement[] {
  return elements.toSorted((a, b) => compare(a.name, b.name))
}

/** `2/3`: the second third of a list. */
function inColumn<T>(list: readonly T[], column: string | undefined): readonly T[] {
  const m = /^(\d+)\/(\d+)$/.exec(column ?? '')
  if (m === null) return list
  const [which, count] = [Number(m[1]), Number(m[2])]
  if (count < 1) return list
  const each = Math.ceil(list.length / count)
  return list.slice((which - 1) * each, which * each)
}

function portCount(n: number, word: string, attributes: ReadonlyMap<string, string>): string {
  return attributes.has('english') ? `${n} ${word}${n === 1 ? '' : 's'}` : String(n)
}
