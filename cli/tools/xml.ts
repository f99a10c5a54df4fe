// Just enough XML for configurations: elements with attributes, no text. Names are as they stand,
// without name spaces; entities are the five of XML and characters by number.

export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  readonly line: number
}

/** What is wrong with a text, and in which line. */
export class XmlError extends Error {
  readonly line: number
  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

/** Elements within each other; a deeper text is refused. */
const DEPTH_MAX = 64

const SKIPPED = /(?:\s+|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!DOCTYPE(?:[^>[]|\[[^\]]*\])*>)*/y
const OPEN = /<([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y
const CLOSE = /<\/([\w:.-]+)\s*>/y
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g

/** The outermost element. Throws XmlError. */
export function parseXml(text: string): XmlElement {
  let at = 0
  let line = 1
  let counted = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const m = pattern.exec(text)
    if (m !== null) at += m[0].length
    return m
  }
  const here = (): number => {
    for (; counted < at; counted++) if (text[counted] === '\n') line++
    return line
  }
  const element = (depth: number): XmlElement => {
    take(SKIPPED)
    const start = here()
    const m = take(OPEN)
    if (m === null) throw new XmlError(start, 'an element was expected')
    if (depth > DEPTH_MAX) throw new XmlError(start, `elements nest deeper than ${DEPTH_MAX}`)
    const name = local(m[1]!)
    const children: XmlElement[] = []
    if (m[3] === '') {
      for (;;) {
        take(SKIPPED)
        const close = take(CLOSE)
        if (close !== null && close[1] === m[1]) break
        if (close !== null) throw new XmlError(here(), `</${close[1]}> does not end <${m[1]}>`)
        if (at >= text.length) throw new XmlError(start, `<${m[1]}> does not end`)
        children.push(element(depth + 1))
      }
    }
    return { name, attributes: attributesOf(m[2]!), children, line: start }
  }
  const root = element(0)
  take(SKIPPED)
  if (at < text.length) throw new XmlError(here(), 'text after the last element')
  return root
}

function local(name: string): string {
  return name.replace(/^.*:/, '')
}

function attributesOf(text: string): Record<string, string> {
  const attributes: Record<string, string> = {}
  for (const [, name, double, single] of text.matchAll(ATTRIBUTE))
    attributes[name!] = unescaped(double ?? single ?? '')
  return attributes
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  gt: '>',
  lt: '<',
  quot: '"',
}

function unescaped(text: string): string {
  return text.replaceAll(/&(?:#(\d+)|#x([\da-fA-F]+)|(\w+));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole
    const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex, 16)
    return code < 0x110000 ? String.fromCodePoint(code) : whole
  })
}

/** Attribute text: line ends are kept by number, since parsers make blanks of them. */
export function xmlEscaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\r', '&#13;')
    .replaceAll('\t', '&#9;')
}
