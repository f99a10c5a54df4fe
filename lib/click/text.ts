// Text of configuration strings: comments, quotes, splitting, quoting.
//
// A configuration string is split at commas into arguments and an argument at blanks into words.
// Quotes ('…', "…") and data in hexadecimal (\<48 65>) hold commas, blanks and comment signs
// together; a comment counts as one blank. A character stands for one byte: escapes make
// characters 0 to 255, so configuration files are best read as latin1.

const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const DOUBLE = 34 // "
const SINGLE = 39 // '
const STAR = 42
const COMMA = 44
const SLASH = 47
const LESS = 60
const GREATER = 62
const BACKSLASH = 92

/** C's isspace. */
export function isSpace(code: number): boolean {
  return code === SPACE || (code >= TAB && code <= CR)
}

export function isCommentAt(s: string, i: number): boolean {
  if (s.charCodeAt(i) !== SLASH) return false
  const next = s.charCodeAt(i + 1)
  return next === SLASH || next === STAR
}

/** The index after the line end at or after `i`; the text's length where there is none. */
export function skipLine(s: string, i: number): number {
  for (; i < s.length; i++) {
    const c = s.charCodeAt(i)
    if (c === LF) return i + 1
    if (c === CR) return s.charCodeAt(i + 1) === LF ? i + 2 : i + 1
  }
  return s.length
}

/** The index after the comment that starts at `i`; its line end belongs to it. */
export function skipComment(s: string, i: number): number {
  if (s.charCodeAt(i + 1) === SLASH) return skipLine(s, i + 2)
  const end = s.indexOf('*/', i + 2)
  return end < 0 ? s.length : end + 2
}

/** The index after `\<…>` that starts at `i`. */
function skipData(s: string, i: number): number {
  for (i += 2; i < s.length; ) {
    if (s.charCodeAt(i) === GREATER) return i + 1
    i = isCommentAt(s, i) ? skipComment(s, i) : i + 1
  }
  return s.length
}

function skipDouble(s: string, i: number): number {
  for (i++; i < s.length; ) {
    const c = s.charCodeAt(i)
    if (c === DOUBLE) return i + 1
    if (c !== BACKSLASH) i++
    else if (s.charCodeAt(i + 1) === LESS) i = skipData(s, i)
    else i += 2
  }
  return s.length
}

/** The index after the unit at `i`: a quoted string, data, or one character. */
export function skipUnit(s: string, i: number): number {
  const c = s.charCodeAt(i)
  if (c === DOUBLE) return skipDouble(s, i)
  if (c === SINGLE) {
    const end = s.indexOf("'", i + 1)
    return end < 0 ? s.length : end + 1
  }
  if (c === BACKSLASH && s.charCodeAt(i + 1) === LESS) return skipData(s, i)
  return i + 1
}

/** The index of the first character at or after `i` that is neither blank nor comment. */
export function skipBlank(s: string, i: number): number {
  while (i < s.length) {
    if (isSpace(s.charCodeAt(i))) i++
    else if (isCommentAt(s, i)) i = skipComment(s, i)
    else break
  }
  return i
}

/** One argument from `from` up to an unquoted comma (or the end); `next` is the comma's index. */
function readArgument(s: string, from: number, commas: boolean): { text: string; next: number } {
  let i = skipBlank(s, from)
  let text = ''
  let start = i // of the piece that is not yet in `text`
  let end = i // after its last unit
  let comment = false
  while (i < s.length) {
    const c = s.charCodeAt(i)
    if (isSpace(c)) {
      i++
    } else if (isCommentAt(s, i)) {
      i = skipComment(s, i)
      comment = true
    } else if (c === COMMA && commas) {
      break
    } else {
      if (comment) {
        text += `${s.slice(start, end)} `
        start = i
        comment = false
      }
      i = skipUnit(s, i)
      end = i
    }
  }
  return { text: text + s.slice(start, end), next: i }
}

/** Takes blanks off both ends; a comment inside, with the blanks around it, becomes one space. */
export function uncomment(s: string): string {
  return readArgument(s, 0, false).text
}

/**
 * Splits at unquoted commas. Each argument is without comments and trimmed, its quotes as written.
 * An empty last argument is ignored: `A(1, )` is `A(1)`.
 */
export function splitArgs(config: string): string[] {
  const args: string[] = []
  for (let pos = 0; pos < config.length; ) {
    const { text, next } = readArgument(config, pos, true)
    if (text !== '' || next < config.length) args.push(text)
    pos = next + 1
  }
  return args
}

function wordEnd(s: string, i: number): number {
  while (i < s.length && !isSpace(s.charCodeAt(i)) && !isCommentAt(s, i)) i = skipUnit(s, i)
  return i
}

/** Splits at unquoted blanks and comments; quotes as written. */
export function splitSpaces(s: string): string[] {
  const words: string[] = []
  for (let i = skipBlank(s, 0); i < s.length; ) {
    const end = wordEnd(s, i)
    words.push(s.slice(i, end))
    i = skipBlank(s, end)
  }
  return words
}

/** The first word, as written, and the rest without blanks in front. */
export function takeWord(s: string): { word: string; rest: string } {
  const start = skipBlank(s, 0)
  const end = wordEnd(s, start)
  return { word: s.slice(start, end), rest: s.slice(skipBlank(s, end)) }
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

function hexValue(c: number): number {
  if (c >= 48 && c <= 57) return c - 48
  const letter = c | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

/** Bytes of `\<…>`: pairs of digits; blanks, comments and other characters do not count. */
function readData(s: string, i: number, end: number): string {
  let out = ''
  let high = -1
  for (i += 2; i < end; ) {
    if (isCommentAt(s, i)) {
      i = skipComment(s, i)
      continue
    }
    const c = s.charCodeAt(i++)
    if (c === GREATER) break
    const digit = hexValue(c)
    if (digit < 0) continue
    if (high < 0) {
      high = digit
    } else {
      out += String.fromCharCode(high * 16 + digit)
      high = -1
    }
  }
  return out
}

/** What the backslash sequence at `i` stands for, and the index after it. */
function readEscape(s: string, i: number): { text: string; next: number } {
  const c = s[i + 1]
  if (c === undefined) return { text: '\\', next: i + 1 }
  if (c === '<') {
    const next = skipData(s, i)
    return { text: readData(s, i, next), next }
  }
  if (c === '\r') return { text: '', next: s[i + 2] === '\n' ? i + 3 : i + 2 }
  if (c === '\n') return { text: '', next: i + 2 }
  if (c >= '0' && c <= '7') {
    let next = i + 1
    let value = 0
    for (; next < i + 4 && /[0-7]/.test(s[next] ?? ''); next++) value = value * 8 + Number(s[next])
    return { text: String.fromCharCode(value & 255), next }
  }
  if (c === 'x') {
    let next = i + 2
    let value = 0
    for (let d = hexValue(s.charCodeAt(next)); d >= 0; d = hexValue(s.charCodeAt(++next)))
      value = (value * 16 + d) & 255
    return { text: String.fromCharCode(value), next }
  }
  return { text: ESCAPES[c] ?? c, next: i + 2 }
}

/** Takes one level of quoting off: quotes go, escapes inside "…" and bare `\<…>` are replaced. */
export function cpUnquote(s: string): string {
  const text = uncomment(s)
  if (!/["'\\]/.test(text)) return text
  let out = ''
  let quote = 0
  for (let i = 0; i < text.length; ) {
    const c = text.charCodeAt(i)
    const isQuote = c === DOUBLE || c === SINGLE
    if (isQuote && (quote === 0 || quote === c)) {
      quote = quote === 0 ? c : 0
      i++
    } else if (
      c === BACKSLASH &&
      (quote === DOUBLE || (quote === 0 && text.charCodeAt(i + 1) === LESS))
    ) {
      const found = readEscape(text, i)
      out += found.text
      i = found.next
    } else {
      out += text[i]
      i++
    }
  }
  return out
}

/** A double-quoted string that `cpUnquote` turns back into `s`. */
export function cpQuote(s: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
  const body = s.replace(/[\\"$\x00-\x1f\x7f-\xff]/g, (c) => {
    if (c === '\t') return '\\t'
    if (c === '\r') return '\\r'
    if (c === '\n') return '\\n'
    if (c === '\\' || c === '"' || c === '$') return `\\${c}`
    return `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`
  })
  return `"${body}"`
}
