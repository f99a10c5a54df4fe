// Text of documentation blocks: `B<…>` bold, `I<…>` `F<…>` italic, `C<…>` code, `E<lt>` a character,
// `L<text|link>` a link, `N<>` a line break, `V<…>` nothing. They nest.

export type Style = 'plain' | 'bold' | 'italic' | 'code' | 'link'

export interface Span {
  readonly style: Style
  readonly text: string
  /** Of a link. */
  readonly target?: string
}

const STYLES: Readonly<Record<string, Style>> = {
  B: 'bold',
  C: 'code',
  F: 'italic',
  I: 'italic',
  U: 'italic',
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  eq: '=',
  gt: '>',
  lt: '<',
  quot: '"',
  solid: '/',
  star: '*',
  verbar: '|',
}

/** Spans of one style each; of nested ones the inner style counts. */
export function spansOf(text: string): Span[] {
  const spans: Span[] = []
  walk(text, 0, 'plain', spans, false)
  return spans
}

/** The text alone. */
export function plainText(text: string): string {
  return spansOf(text)
    .map((span) => span.text)
    .join('')
}

/** Reads up to the end or (`nested`) a '>'; returns the index after it. */
function walk(text: string, from: number, style: Style, into: Span[], nested: boolean): number {
  let start = from
  const put = (end: number) => {
    if (end > start) into.push({ style, text: text.slice(start, end) })
  }
  let i = from
  while (i < text.length) {
    if (nested && text[i] === '>') {
      put(i)
      return i + 1
    }
    if (text[i + 1] !== '<' || !/[BCEFILNPRUV]/.test(text[i]!)) {
      i++
      continue
    }
    put(i)
    i = command(text, i, style, into)
    start = i
  }
  put(i)
  return i
}

function command(text: string, at: number, style: Style, into: Span[]): number {
  const letter = text[at]!
  const inner: Span[] = []
  const end = walk(text, at + 2, STYLES[letter] ?? (letter === 'L' ? 'link' : style), inner, true)
  const content = inner.map((span) => span.text).join('')
  if (letter === 'E') into.push({ style, text: ENTITIES[content] ?? content })
  else if (letter === 'N') into.push({ style, text: '\n' })
  else if (letter === 'L') {
    const bar = content.indexOf('|')
    const [shown, target] =
      bar < 0 ? [content, content] : [content.slice(0, bar), content.slice(bar + 1)]
    into.push({ style: 'link', text: shown, target })
  } else if (letter !== 'V') into.push(...inner)
  return end
}
