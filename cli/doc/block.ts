// An element's documentation block (the comment at the head of its file) as a tree. The form is that
// of Click's elements: lines that begin with `=` and a lower-case letter are commands, indented lines
// are printed as they are, the rest is text with `B<…>`, `I<…>`, `C<…>` in it.

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'verbatim'; readonly lines: readonly string[] }
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly Item[] }

export interface Item {
  readonly term: string
  readonly parts: readonly Part[]
}

export interface Section {
  readonly title: string
  readonly parts: readonly Part[]
}

export interface HandlerDoc {
  readonly name: string
  /** 'read-only', 'write-only' or 'read/write', perhaps 'with parameters'. */
  readonly type: string
  readonly parts: readonly Part[]
}

export interface Block {
  /** One line for each way to write the element. */
  readonly synopsis: readonly string[]
  readonly categories: readonly string[]
  readonly summary: string
  readonly sections: readonly Section[]
  readonly handlers: readonly HandlerDoc[]
  /** The element to use in its place; null: this one. */
  readonly deprecated: string | null
  readonly seeAlso: string
  /** What is wrong with it, with line numbers of the block. */
  readonly problems: readonly string[]
}

/** Titles of the commands that begin a section of text. */
const TITLES: Readonly<Record<string, string>> = {
  d: 'DESCRIPTION',
  e: 'EXAMPLES',
  io: 'INPUTS AND OUTPUTS',
  n: 'NOTES',
  processing: 'PROCESSING',
}

const HANDLER =
  /^(.+?)\s+"?((?:read|write)(?:-only)?(?: with parameters)?|read\/write(?: with parameters)?)"?$/

const COMMAND = /^=([a-z]\w*)(?:\s+(.*))?$/

/** The block of a source text; null: it has none. */
export function findBlock(source: string): string | null {
  return /^\/\*\n(=c\n[\s\S]*?)\*\//m.exec(source)?.[1] ?? null
}

export function parseBlock(text: string): Block {
  return new Parser(text).run()
}

/** Parts being gathered: of a section, or of an item of a list. */
type Open = Part[]

class Parser {
  readonly #lines: readonly string[]
  readonly #problems: string[] = []
  readonly #sections: Section[] = []
  readonly #handlers: HandlerDoc[] = []
  #synopsis: Open = []
  #summary: Open = []
  #see: Open = []
  #categories: string[] = []
  #deprecated: string | null = null
  /** Where text goes: the section, and the lists within it that are open. */
  #stack: { open: Open; items: { term: string; parts: Open }[] | null }[] = []
  #paragraph: string[] = []
  #verbatim: string[] = []
  #line = 0

  constructor(text: string) {
    this.#lines = text.split('\n')
  }

  run(): Block {
    for (const raw of this.#lines) {
      this.#line++
      const line = raw.trimEnd()
      const command = COMMAND.exec(line)
      if (command !== null) this.#command(command[1]!, command[2] ?? '')
      else if (line === '') this.#blank()
      else if (/^[ \t]/.test(line)) this.#indented(line)
      else this.#text(line)
    }
    this.#end()
    for (const [what, parts] of [
      ['=c', this.#synopsis],
      ['=s', this.#summary],
    ] as const)
      if (parts.length === 0) this.#problem(`no ${what}`)
    if (!this.#sections.some((s) => s.title === TITLES.d)) this.#problem('no =d')
    return {
      synopsis: textsOf(this.#synopsis),
      categories: this.#categories,
      summary: textsOf(this.#summary).join(' '),
      sections: this.#sections,
      handlers: this.#handlers,
      deprecated: this.#deprecated,
      seeAlso: textsOf(this.#see).join('\n\n'),
      problems: this.#problems,
    }
  }

  #problem(text: string): void {
    this.#problems.push(`line ${this.#line}: ${text}`)
  }

  #flush(): void {
    const open = this.#stack.at(-1)?.open
    if (this.#paragraph.length > 0) open?.push({ kind: 'text', text: this.#paragraph.join('\n') })
    while (this.#verbatim.at(-1) === '') this.#verbatim.pop()
    if (this.#verbatim.length > 0) open?.push({ kind: 'verbatim', lines: dedent(this.#verbatim) })
    this.#paragraph = []
    this.#verbatim = []
  }

  #blank(): void {
    if (this.#verbatim.length > 0) this.#verbatim.push('')
    else this.#flush()
  }

  #indented(line: string): void {
    if (this.#paragraph.length > 0) this.#flush()
    this.#verbatim.push(line)
  }

  #text(line: string): void {
    if (this.#verbatim.length > 0) this.#flush()
    if (this.#stack.length === 0) this.#problem('text before the first command')
    this.#paragraph.push(line)
  }

  /** Ends the section that is open, with the lists in it. */
  #end(): void {
    this.#flush()
    if (this.#stack.length > 1) this.#problem('=over without =back')
    this.#stack = []
  }

  #begin(open: Open): void {
    this.#end()
    this.#stack = [{ open, items: null }]
  }

  #command(name: string, rest: string): void {
    if (name in TITLES) {
      this.#section(TITLES[name]!)
      if (rest !== '') this.#text(rest)
      return
    }
    switch (name) {
      case 'c':
        this.#begin(this.#synopsis)
        return
      case 's':
        this.#begin(this.#summary)
        this.#categories = rest.split(/[\s,]+/).filter((word) => word !== '')
        if (this.#categories.length === 0) this.#problem('=s without a category')
        return
      case 'a':
        this.#begin(this.#see)
        if (rest !== '') this.#text(rest)
        return
      case 'h':
        this.#handler(rest)
        return
      case 'head1':
        this.#section(rest)
        return
      case 'deprecated':
        this.#deprecated = rest
        return
      default:
        this.#inside(name, rest)
    }
  }

  #section(title: string): void {
    const parts: Open = []
    this.#begin(parts)
    this.#sections.push({ title, parts })
  }

  #handler(rest: string): void {
    const parts: Open = []
    this.#begin(parts)
    const m = HANDLER.exec(rest)
    if (m === null) this.#problem('=h wants a name and read-only, write-only or read/write')
    this.#handlers.push({ name: (m?.[1] ?? rest).replaceAll('"', ''), type: m?.[2] ?? '', parts })
  }

  /** Commands inside a section. */
  #inside(name: string, rest: string): void {
    this.#flush()
    const top = this.#stack.at(-1)
    if (top === undefined) {
      this.#problem(`=${name} outside of a section`)
      return
    }
    if (name === 'head2') top.open.push({ kind: 'heading', text: rest })
    else if (name === 'over') this.#stack.push({ open: top.open, items: [] })
    else if (name === 'item') {
      if (top.items === null) this.#problem('=item outside of =over')
      const item = { term: rest, parts: [] as Open }
      top.items?.push(item)
      top.open = item.parts
    } else if (name === 'back') {
      if (top.items === null) this.#problem('=back without =over')
      else {
        this.#stack.pop()
        this.#stack.at(-1)!.open.push({ kind: 'list', items: top.items })
      }
    } else this.#problem(`unknown command =${name}`)
  }
}

function textsOf(parts: readonly Part[]): string[] {
  return parts.flatMap((part) => {
    if (part.kind === 'text') return [part.text]
    return part.kind === 'verbatim' ? [part.lines.join('\n')] : []
  })
}

function dedent(lines: readonly string[]): string[] {
  const indents = lines.filter((line) => line !== '').map((line) => /^[ \t]*/.exec(line)![0].length)
  const least = Math.min(...indents)
  return lines.map((line) => line.slice(least))
}
