// Templates: text with tags `<~name attribute=value …>`. Values may be quoted, and may hold tags of
// their own, which are expanded when the value is used. What a tag means, the caller says.

export interface Tag {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
}

/** Expands a tag. */
export type Expand = (tag: Tag) => string

const START = /<~([\w-]+)/g
const ATTRIBUTE = /\s*([A-Za-z][\w-]*)(?:\s*=\s*)?/y

export function expandTemplate(text: string, expand: Expand): string {
  let out = ''
  let at = 0
  for (;;) {
    START.lastIndex = at
    const m = START.exec(text)
    if (m === null) return out + text.slice(at)
    out += text.slice(at, m.index)
    const { tag, next } = readTag(text, m.index)
    at = next
    out += expand(tag)
  }
}

/** The tag at an index that has one, and the index after it. */
function readTag(text: string, from: number): { tag: Tag; next: number } {
  const name = /^<~([\w-]+)/.exec(text.slice(from))![1]!
  const attributes = new Map<string, string>()
  let at = from + 2 + name.length
  while (at < text.length && text[at] !== '>') {
    ATTRIBUTE.lastIndex = at
    const m = ATTRIBUTE.exec(text)
    if (m === null) {
      at++ // blanks, and the '/--' that some write before '>'
      continue
    }
    at += m[0].length
    if (!m[0].includes('=')) {
      attributes.set(m[1]!, m[1]!)
      continue
    }
    const { value, next } = readValue(text, at)
    attributes.set(m[1]!, value)
    at = next
  }
  return { tag: { name, attributes }, next: Math.min(at + 1, text.length) }
}

function readValue(text: string, from: number): { value: string; next: number } {
  const quote = text[from]
  if (quote !== '"' && quote !== "'") {
    const end = /[\s>]/.exec(text.slice(from))?.index ?? text.length - from
    return { value: text.slice(from, from + end), next: from + end }
  }
  // Tags inside are passed over whole: they may have quotes like those around them.
  let at = from + 1
  while (at < text.length && text[at] !== quote)
    at = /^<~[\w-]/.test(text.slice(at, at + 3)) ? readTag(text, at).next : at + 1
  return { value: text.slice(from + 1, at), next: at + 1 }
}
