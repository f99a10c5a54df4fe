// TCP options as IP summary dumps have them: `mss1400;wscale10;sack95-98`, `98`, `99=0:5:10`, `.`;
// and what IP options (summary-ip-options.ts) have in common with them.

/** Bytes of options in a header at most. */
const OPTIONS_MAX = 40
const EOL = 0
const NOP = 1

/** Appends an option's bytes by its word; false: it is none of the known ones. */
type Named = (word: string, bytes: number[]) => boolean | null

/** Which TCP options are meant: all, all but time stamps, or selective acknowledgements. */
export type TcpOptionSet = 'all' | 'notime' | 'sack'

/** Bytes of a list of options; null: the text is none. */
export function parseTcpOptions(text: string, set: TcpOptionSet): Uint8Array | null {
  return parseOptions(text, (word, bytes) => tcpOption(word, bytes, set))
}

/** Each word by `named`, which returns null for a word that it refuses; or by its number. */
export function parseOptions(text: string, named: Named): Uint8Array | null {
  if (text === '.') return new Uint8Array(0)
  const bytes: number[] = []
  for (const word of splitOptions(text)) {
    const known = named(word, bytes)
    if (known === null || (!known && !plainOption(word, bytes))) return null
  }
  while (bytes.length > OPTIONS_MAX && bytes[0] === NOP) bytes.shift()
  return bytes.length <= OPTIONS_MAX ? Uint8Array.from(bytes) : null
}

/** At semicolons and commas that stand outside of braces. */
function splitOptions(text: string): string[] {
  const words = ['']
  let depth = 0
  for (const c of text) {
    if (c === '{') depth++
    else if (c === '}') depth--
    if (depth === 0 && (c === ';' || c === ',')) words.push('')
    else words[words.length - 1] += c
  }
  return words
}

function plainOption(word: string, bytes: number[]): boolean {
  if (word === 'nop' || word === 'eol') {
    bytes.push(word === 'nop' ? NOP : EOL)
    return true
  }
  const m = /^(\d+)(?:=(\d+(?::\d+)*))?$/.exec(word)
  if (m === null) return false
  const data = m[2] === undefined ? null : m[2].split(':').map(Number)
  if (Number(m[1]) > 255 || data?.some((byte) => byte > 255)) return false
  bytes.push(Number(m[1]))
  if (data !== null) bytes.push(data.length + 2, ...data)
  return true
}

const U32 = 0xffff_ffff

function tcpOption(word: string, bytes: number[], set: TcpOptionSet): boolean | null {
  const m = /^(mss|wscale|sackok|sack|ts)(\d*)(?:([-:])(\d+))?$/.exec(word)
  if (m === null) return set === 'sack' && /^\d/.test(word) ? null : false
  const [, name, first, mark, second] = m
  const a = Number(first)
  const b = Number(second)
  if (set === 'notime' && name === 'ts') return null
  if (set === 'sack' && !name!.startsWith('sack')) return null
  if (name === 'sackok') {
    bytes.push(4, 2)
    return first === '' && mark === undefined ? true : null
  }
  if (name === 'mss' || name === 'wscale') {
    if (first === '' || mark !== undefined || a > (name === 'mss' ? 0xffff : 255)) return null
    if (name === 'mss') bytes.push(2, 4, a >> 8, a & 255)
    else bytes.push(3, 3, a)
    return true
  }
  if (first === '' || mark === undefined || a > U32 || b > U32) return null
  if (name === 'sack') bytes.push(5, 10, ...word32(a), ...word32(b))
  else {
    if (mark !== ':') return null
    if (bytes.length === 0) bytes.push(NOP, NOP) // as systems do, so that the numbers are aligned
    bytes.push(8, 10, ...word32(a), ...word32(b))
  }
  return true
}

export function word32(n: number): number[] {
  return [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]
}

/**
 * Text of the option at `i`; '': it is left out; null: it is one with just a number and data;
 * '?': it is not well-formed.
 */
export type OptionText = (mem: Uint8Array, i: number, length: number) => string | null

/** '?': not all are well-formed; '.': there are none but padding. */
export function optionsText(mem: Uint8Array, from: number, end: number, named: OptionText): string {
  let text = ''
  for (let i = from; i < end; ) {
    const kind = mem[i]!
    if (kind === EOL) break
    if (kind === NOP) {
      i++
      continue
    }
    const length = i + 1 < end ? mem[i + 1]! : 0
    if (length < 2 || i + length > end) return '?'
    const word = named(mem, i, length) ?? plainText(mem, i, length)
    if (word === '?') return '?'
    if (word !== '') text += text === '' ? word : `;${word}`
    i += length
  }
  return text === '' ? '.' : text
}

function plainText(mem: Uint8Array, i: number, length: number): string {
  const data = mem.subarray(i + 2, i + length)
  return data.length === 0 ? String(mem[i]) : `${mem[i]}=${data.join(':')}`
}

const NO_TIME: OptionText = (mem, i, length) => {
  return mem[i] === 8 && length === 10 ? '' : tcpOptionText(mem, i, length)
}

const SACK_ONLY: OptionText = (mem, i, length) => {
  const text = tcpOptionText(mem, i, length)
  return text === '?' || mem[i] === 4 || mem[i] === 5 ? text : ''
}

export function tcpOptionsText(
  mem: Uint8Array,
  from: number,
  end: number,
  set: TcpOptionSet,
): string {
  const text = set === 'all' ? tcpOptionText : set === 'notime' ? NO_TIME : SACK_ONLY
  return optionsText(mem, from, end, text)
}

/** Lengths that the known options have. */
const TCP_LENGTHS: Readonly<Record<number, number>> = { 2: 4, 3: 3, 4: 2, 8: 10 }

function tcpOptionText(mem: Uint8Array, i: number, length: number): string | null {
  const kind = mem[i]!
  if (kind === 5) return length % 8 === 2 ? sackText(mem, i, length) : '?'
  const known = TCP_LENGTHS[kind]
  if (known === undefined) return null
  if (known !== length) return '?'
  if (kind === 2) return `mss${(mem[i + 2]! << 8) | mem[i + 3]!}`
  if (kind === 3) return `wscale${mem[i + 2]}`
  return kind === 4 ? 'sackok' : `ts${readWord(mem, i + 2)}:${readWord(mem, i + 6)}`
}

function sackText(mem: Uint8Array, i: number, length: number): string {
  let text = ''
  for (let at = i + 2; at < i + length; at += 8)
    text += `${text === '' ? '' : ';'}sack${readWord(mem, at)}-${readWord(mem, at + 4)}`
  return text
}

export function readWord(mem: Uint8Array, at: number): number {
  return mem[at]! * 0x100_0000 + ((mem[at + 1]! << 16) | (mem[at + 2]! << 8) | mem[at + 3]!)
}

/** Kinds of TCP options that a set has, for binary dumps. */
export function isInSet(kind: number, set: TcpOptionSet): boolean {
  if (set === 'all') return true
  if (set === 'sack') return kind === 4 || kind === 5
  return kind > 1 && kind !== 8
}
