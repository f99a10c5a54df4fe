// The .clicktest format: files of test cases in sections, as Click's own suite has them.
//
//   %info            words, ignored
//   %require         shell: not zero skips the case
//   %script          sh: every command must succeed
//   %file, %stdin    input files of the empty work folder
//   %expect, %stdout, %stderr, %expectv, %expectx    what an output file must be
//   %ignore, %ignorev, %ignorex                      lines that are not compared
//   %include, %eot, %eof, %cut
//
// Text is handled as latin1: a character is a byte.

export interface InputFile {
  readonly name: string
  readonly content: string
}

export type Match = 'pattern' | 'verbatim' | 'regex'

export interface Expectation {
  readonly file: string
  readonly match: Match
  /** One of several with `-a`: any that fits is enough. */
  readonly alternative: boolean
  readonly ignoreCase: boolean
  readonly ignoreSpace: boolean
  readonly content: string
}

export interface Ignore {
  /** File name, or 'all'. */
  readonly file: string
  readonly match: Match
  readonly lines: readonly string[]
}

export interface TestCase {
  readonly name: string
  readonly require: string
  readonly script: string
  /** Line of the file that the script begins in. */
  readonly scriptLine: number
  readonly files: readonly InputFile[]
  readonly stdin: string | null
  readonly expectations: readonly Expectation[]
  readonly ignores: readonly Ignore[]
  /** Lines of the file that are wrong. */
  readonly problems: readonly string[]
}

interface Section {
  readonly word: string
  readonly flags: string
  readonly length: number | null
  readonly names: readonly string[]
  readonly line: number
  readonly head: string
  readonly body: string
}

type Include = (name: string) => string

/** All cases of a file; `include` gives the text of `%include NAME`. */
export function parseClicktest(text: string, filename: string, include: Include): TestCase[] {
  const cases: TestCase[] = []
  let builder = new Builder(filename)
  let number = 1
  for (const section of sections(expandIncludes(text, include))) {
    if (section.word === 'eof') break
    if (section.word === 'eot') {
      cases.push(builder.build(number++))
      builder = new Builder(filename)
    } else builder.add(section)
  }
  if (!builder.empty) cases.push(builder.build(number))
  return cases
}

function expandIncludes(text: string, include: Include): string {
  return text.replaceAll(/^%include[ \t]+(\S+)[ \t]*\n?/gm, (_, name: string) => include(name))
}

const HEAD = /^%([a-z]+)((?:[ \t]+[^\n]*)?)$/

function* sections(text: string): Generator<Section> {
  let at = 0
  let line = 0
  let open: Omit<Section, 'body'> | null = null
  let body = ''
  const { length } = text
  while (at < length) {
    const newline = text.indexOf('\n', at)
    const end = newline < 0 ? length : newline + 1
    const one = text.slice(at, end)
    line++
    const head = HEAD.exec(one.trimEnd())
    at = end
    if (head === null) {
      body += one
      continue
    }
    if (open !== null) yield { ...open, body }
    open = parseHead(head[1]!, head[2]!.trim(), line)
    body = ''
    if (open.length !== null) {
      // So many bytes, whatever is in them.
      body = text.slice(at, at + open.length)
      at += open.length
      line += body.split('\n').length - 1
    }
    if (open.word === 'eof') break
  }
  if (open !== null) yield { ...open, body }
}

function parseHead(word: string, rest: string, line: number): Omit<Section, 'body'> {
  const words = rest.split(/[ \t]+/).filter((one) => one !== '')
  let flags = ''
  let length: number | null = null
  while (words.length > 0 && /^-[a-z]+$/.test(words[0]!)) flags += words.shift()!.slice(1)
  if (words.length > 0 && /^\+\d+$/.test(words[0]!)) length = Number(words.shift()!.slice(1))
  return { word, flags, length, names: words, line, head: `%${word} ${rest}` }
}

class Builder {
  readonly #filename: string
  readonly #files: InputFile[] = []
  readonly #expectations: Expectation[] = []
  readonly #ignores: Ignore[] = []
  readonly #problems: string[] = []
  #require = ''
  #script = ''
  #scriptLine = 0
  #stdin: string | null = null
  empty = true

  constructor(filename: string) {
    this.#filename = filename
  }

  add(section: Section): void {
    this.empty = false
    const { word, body, names } = section
    const text = decode(section)
    if (word === 'require') this.#require += body
    else if (word === 'script') {
      if (this.#script === '') this.#scriptLine = section.line + 1
      this.#script += body
    } else if (word === 'stdin') this.#stdin = text
    else if (word === 'file') this.#addFiles(section, text)
    else if (word === 'stdout' || word === 'stderr')
      this.#expect({ ...section, names: [word] }, text)
    else if (/^expect[vx]?$/.test(word)) this.#expect(section, text)
    else if (/^ignore[vx]?$/.test(word)) this.#ignore(word, names, text)
    else if (word !== 'info' && word !== 'cut' && word !== 'desc')
      this.#problems.push(`${this.#filename}:${section.line}: unknown section '%${word}'`)
  }

  #addFiles(section: Section, content: string): void {
    for (const name of section.names) {
      if (name === 'stdin') this.#stdin = content
      else if (/^\/|\/$|\/\/|(?:^|\/)\.\.?(?:\/|$)/.test(name))
        this.#problems.push(`${this.#filename}:${section.line}: bad filename '${section.head}'`)
      else this.#files.push({ name, content })
    }
  }

  #expect(section: Section, content: string): void {
    const { flags, word } = section
    for (const file of section.names) {
      this.#expectations.push({
        file,
        match: word.endsWith('v') ? 'verbatim' : word.endsWith('x') ? 'regex' : 'pattern',
        alternative: flags.includes('a'),
        ignoreCase: flags.includes('i'),
        ignoreSpace: flags.includes('w'),
        content,
      })
    }
  }

  #ignore(word: string, names: readonly string[], text: string): void {
    const match = word === 'ignorev' ? 'verbatim' : word === 'ignorex' ? 'regex' : 'pattern'
    const lines = text.split('\n').filter((line) => line.trim() !== '')
    for (const file of names.length === 0 ? ['all'] : names)
      this.#ignores.push({ file, match, lines })
  }

  build(number: number): TestCase {
    return {
      name: number === 1 ? this.#filename : `${this.#filename}#${number}`,
      require: this.#require,
      script: this.#script,
      scriptLine: this.#scriptLine,
      files: this.#files,
      stdin: this.#stdin,
      expectations: this.#expectations,
      ignores: this.#ignores,
      problems: this.#problems,
    }
  }
}

/** `-d` takes the first character off each line, `-e` decodes base64. */
function decode({ flags, body }: Section): string {
  const text = flags.includes('d') ? body.replaceAll(/^./gm, '') : body
  return flags.includes('e') ? Buffer.from(text, 'base64').toString('latin1') : text
}
