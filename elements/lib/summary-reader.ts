// Reads an IP summary dump: its lines or binary records become packets.
//
// A line's words are read by the fields of the last `!data`. Values that are not there come from
// `!flowid`, `!proto` and `!aggregate`.

import { parseInteger } from '../../lib/click/args.ts'
import { TRACE_RECORD_BYTES } from '../../lib/limits.ts'
import { setAggregate } from './anno-words.ts'
import { DraftReader, type Say } from './draft-reader.ts'
import type { Flow } from './summary-draft.ts'
import { parseFields, protoNumber, TEXT_ONLY, VARIABLE } from './summary-fields.ts'
import { parseFlow, type Reader, readerOf } from './summary-read.ts'
import type { TraceFile } from './trace-file.ts'

export interface SummaryOptions {
  readonly proto: number
  readonly flow: Flow | null
  readonly fields: string
  readonly checksum: boolean
  readonly multipacket: boolean
}

/** A field of the line, with its place in it. */
interface Place {
  readonly index: number
  readonly reader: Reader
}

export class SummaryReader extends DraftReader {
  readonly #options: SummaryOptions
  /** By place in the line; null: nothing is known of it, or it says nothing. */
  #readers: readonly (Reader | null)[] = []
  /** In the order of building. */
  #places: readonly Place[] = []
  #binary = false
  #proto: number
  #flow: Flow | null
  #aggregate = 0
  constructor(file: TraceFile, options: SummaryOptions) {
    super(file, options.multipacket)
    this.#options = options
    this.#proto = options.proto
    this.#flow = options.flow
    this.#setFields(options.fields, () => {})
  }

  protected fill(say: Say): boolean | null {
    const found = this.#binary ? this.#record(say) : this.#line(say)
    if (found === true) this.draft.finish(this.#options.checksum)
    return found
  }

  /** True: the draft has a packet; false: it was another line; null: the end. */
  #line(say: Say): boolean | null {
    const line = this.file.line()
    if (line === null) return null
    this.lines++
    const first = line.charCodeAt(0)
    if (first === 0x21 || first === 0x23) {
      if (first === 0x21) this.#directive(line, say)
      return false
    }
    this.#begin()
    const words = splitLine(line, this.#readers.length)
    let fitted = 0
    for (const { index, reader } of this.#places) {
      const word = words[index]
      if (word === undefined || word === '-' || word === '') continue
      const value = reader.parse(word, this.draft)
      if (value === null) continue
      reader.put(this.draft, value)
      fitted++
    }
    if (fitted > 0) return true
    if (line.trim() !== '')
      this.complain(say, this.#places.length === 0 ? "no '!data' provided" : 'packet parse error')
    return false
  }

  #begin(): void {
    this.draft.begin(this.#proto, this.#flow)
    if (this.#aggregate !== 0) setAggregate(this.draft.p, this.#aggregate | 0)
  }

  /** Length and a mark for lines of text in the first word, then the fields. */
  #record(say: Say): boolean | null {
    const { file } = this
    if (!file.have(4)) return null
    const { mem, start } = file
    const isText = mem[start]! >= 0x80
    const bytes =
      ((mem[start]! & 0x7f) << 24) |
      (mem[start + 1]! << 16) |
      (mem[start + 2]! << 8) |
      mem[start + 3]!
    this.lines++
    if (bytes < 4 || bytes > TRACE_RECORD_BYTES) {
      say('binary record is damaged')
      return null
    }
    if (!file.have(bytes)) return null
    const from = file.start + 4
    const end = file.start + bytes
    file.start = end
    if (!isText) return this.#fields(file.mem.subarray(from, end), say)
    const text = Buffer.from(file.mem.subarray(from, end)).toString('latin1')
    if (text.startsWith('!')) this.#directive(text.trimEnd(), say)
    return false
  }

  #fields(bytes: Uint8Array, say: Say): boolean {
    this.#begin()
    const values: (Uint8Array | null)[] = []
    let at = 0
    for (const reader of this.#readers) {
      const size = reader === null ? TEXT_ONLY : reader.bytes
      const length = size === VARIABLE ? (bytes[at] ?? 0) : size
      if (size === VARIABLE) at++
      const there = length >= 0 && at + length <= bytes.length
      values.push(there ? bytes.subarray(at, at + length) : null)
      at = there ? at + length : bytes.length
    }
    let fitted = 0
    for (const { index, reader } of this.#places) {
      const value = values[index]
      if (value === null || value === undefined) continue
      reader.put(this.draft, reader.decode(value))
      fitted++
    }
    if (fitted === 0)
      this.complain(say, this.#places.length === 0 ? "no '!data' provided" : 'packet parse error')
    return fitted > 0
  }

  #directive(line: string, say: Say): void {
    const m = /^(!\w+)\s*(.*)$/s.exec(line)
    const rest = m?.[2]?.trim() ?? ''
    switch (m?.[1]) {
      case '!data':
      case '!contents':
        this.#setFields(rest, say)
        if (this.#readers.length === 0) say('no contents specified')
        break
      case '!flowid':
      case '!flow': {
        const found = parseFlow(rest)
        if (typeof found === 'string') {
          say(found)
          break
        }
        const { src, dst, sport, dport } = found.flow
        this.#flow = src === 0 && dst === 0 && sport === 0 && dport === 0 ? null : found.flow
        if (found.proto !== null) this.#proto = found.proto
        break
      }
      case '!proto': {
        const proto = protoNumber(rest) ?? NAMED[rest] ?? null
        if (proto === null) say('bad protocol in !proto')
        else this.#proto = proto
        break
      }
      case '!aggregate': {
        const aggregate = parseInteger(rest)
        if (aggregate === null || aggregate < 0) say('bad !aggregate specification')
        else this.#aggregate = aggregate
        break
      }
      case '!binary':
        this.#binary = true
        break
      default: // what others have written for themselves
    }
  }

  #setFields(text: string, say: Say): void {
    const fields = parseFields(text)
    for (const { word, name } of fields)
      if (name === null) say(`warning: unknown content type '${word}'`)
    this.#readers = fields.map(({ name }) => (name === null ? null : readerOf(name)))
    this.#places = this.#readers
      .flatMap((reader, index) => (reader === null ? [] : [{ index, reader }]))
      .sort((a, b) => a.reader.order - b.reader.order || a.index - b.index)
    this.complainAgain()
  }
}

const NAMED: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, sctp: 132, dccp: 33 }

/** Words at blanks; those in quotes may have blanks in them. */
function splitLine(line: string, count: number): string[] {
  const words: string[] = []
  let at = 0
  while (words.length < count && at < line.length) {
    const from = at
    while (at < line.length && !isBlank(line.charCodeAt(at)))
      at = line.charCodeAt(at) === 0x22 ? behindQuotes(line, at) : at + 1
    words.push(line.slice(from, at))
    while (at < line.length && isBlank(line.charCodeAt(at))) at++
  }
  return words
}

function isBlank(c: number): boolean {
  return c === 32 || (c >= 9 && c <= 13)
}

/** Behind the quote that ends what starts at `at`. */
function behindQuotes(line: string, at: number): number {
  for (let i = at + 1; i < line.length; i++) {
    if (line.charCodeAt(i) === 0x5c) i++
    else if (line.charCodeAt(i) === 0x22) return i + 1
  }
  return line.length
}
