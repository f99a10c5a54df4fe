// The summary dump of one flow, as ToIPFlowDumps writes it. Entries wait in memory until there are
// enough for a write, since the first sequence numbers stand before them.

import { appendFileSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { gzipSync } from 'node:zlib'
import { writeAll } from '../../dataplane/output.ts'
import type { Packet } from '../../dataplane/packet.ts'
import type { FlowId } from './flow-filename.ts'
import { flagsText, protoText } from './summary-fields.ts'
import { parseTcpOptions, readWord, tcpOptionsText, word32 } from './summary-options.ts'
import { ipText } from './text.ts'
import { timeText } from './time-text.ts'

const TCP = 6
/** Entries of a flow that wait. */
const WAITING = 128
/** Relative times start a nanosecond after the first, so that none is zero, which means no time. */
const FIRST_US = 0.001

export interface FlowOptions {
  readonly absoluteTime: boolean
  readonly absoluteSeq: boolean
  readonly binary: boolean
  readonly options: 'none' | 'main' | 'all'
  readonly window: boolean
  readonly ipId: boolean
  readonly minCount: number
}

interface Entry {
  readonly us: number
  readonly direction: number
  readonly id: number
  readonly flags: number
  readonly seq: number
  readonly ack: number
  readonly payload: number
  readonly window: number
  readonly tcpOptions: string
}

export class FlowDump {
  readonly filename: string
  readonly #flow: FlowId
  readonly #how: FlowOptions
  readonly #firstUs: number
  readonly #firstSeq: [number | null, number | null] = [null, null]
  #entries: Entry[] = []
  #count = 0
  #begun = false

  constructor(filename: string, flow: FlowId, firstUs: number, how: FlowOptions) {
    this.filename = filename
    this.#flow = flow
    this.#how = how
    this.#firstUs = firstUs - FIRST_US
  }

  add(p: Packet): void {
    const { mem, net, end, paint } = p
    const at = net + (mem[net]! & 15) * 4
    const isTcp = this.#flow.proto === TCP && at + 20 <= end
    const header = isTcp ? (mem[at + 12]! >> 4) * 4 : this.#flow.proto === TCP ? 20 : 8
    const ipLength = (mem[net + 2]! << 8) | mem[net + 3]!
    const direction = paint & 1
    const seq = isTcp ? readWord(mem, at + 4) : 0
    if (isTcp) this.#firstSeq[direction] ??= seq
    this.#entries.push({
      us: p.timeUs,
      direction,
      id: (mem[net + 4]! << 8) | mem[net + 5]!,
      flags: isTcp ? mem[at + 13]! : 0,
      seq,
      ack: isTcp ? readWord(mem, at + 8) : 0,
      payload: Math.max(0, ipLength - (at - net) - header),
      window: isTcp ? (mem[at + 14]! << 8) | mem[at + 15]! : 0,
      tcpOptions: isTcp && at + header <= end ? this.#optionsOf(mem, at, header) : '',
    })
    this.#count++
    if (this.#entries.length >= WAITING && this.#count >= this.#how.minCount) this.write()
  }

  #optionsOf(mem: Uint8Array, at: number, header: number): string {
    const { options } = this.#how
    if (options === 'none' || header <= 20) return ''
    const text = tcpOptionsText(mem, at + 20, at + header, 'all')
    if (text === '.' || text === '?') return ''
    const words = text.split(';')
    return words.filter((word) => options === 'all' || /^(?:mss|wscale|sack)/.test(word)).join(';')
  }

  /** Writes what waits; nothing where the flow has too few packets. */
  write(): void {
    if (this.#count < this.#how.minCount || this.#entries.length === 0) return
    const parts: Uint8Array[] = []
    if (!this.#begun) parts.push(Buffer.from(this.#head(), 'latin1'))
    for (const entry of this.#entries)
      parts.push(this.#how.binary ? this.#record(entry) : Buffer.from(this.#line(entry), 'latin1'))
    this.#entries = []
    const bytes = Buffer.concat(parts)
    if (this.filename === '-') writeAll(1, bytes)
    else if (this.#begun) appendFileSync(this.filename, bytes)
    else {
      mkdirSync(dirname(this.filename), { recursive: true })
      writeFileSync(this.filename, bytes)
    }
    this.#begun = true
  }

  /** After the flow's end. */
  compress(): void {
    if (!this.#begun || this.filename === '-') return
    writeFileSync(`${this.filename}.gz`, gzipSync(readFileSync(this.filename)))
    unlinkSync(this.filename)
  }

  #head(): string {
    const { src, dst, sport, dport, proto, aggregate } = this.#flow
    const { binary, absoluteSeq, absoluteTime } = this.#how
    let text = '!IPSummaryDump 1.3\n'
    text += `!flowid ${ipText(src)} ${sport} ${ipText(dst)} ${dport} ${protoText(proto)}\n`
    text += `!aggregate ${aggregate}\n!data ${this.#fields().join(' ')}\n`
    if (!absoluteSeq) {
      const [there, back] = this.#firstSeq
      if (there !== null) text += `!firstseq > ${there}\n`
      if (back !== null) text += `!firstseq < ${back}\n`
    }
    if (!absoluteTime) text += `!firsttime ${timeText(this.#firstUs)}\n`
    return binary ? `${text}!binary\n` : text
  }

  #fields(): string[] {
    const { binary, ipId, window, options } = this.#how
    const id = ipId ? ['ip_id'] : []
    if (this.#flow.proto !== TCP)
      return binary
        ? ['ntimestamp', ...id, 'payload_len', 'direction']
        : ['ntimestamp', 'direction', ...id, 'payload_len']
    const win = window ? ['tcp_window'] : []
    const opt = options === 'all' ? 'tcp_opt' : 'tcp_ntopt'
    return binary
      ? [
          'ntimestamp',
          ...id,
          'tcp_seq',
          'payload_len',
          'tcp_ack',
          ...win,
          'tcp_flags',
          'direction',
          opt,
        ]
      : [
          'ntimestamp',
          'direction',
          ...id,
          'tcp_flags',
          'tcp_seq',
          'payload_len',
          'tcp_ack',
          ...win,
          opt,
        ]
  }

  #shift(direction: number): number {
    return this.#how.absoluteSeq ? 0 : (this.#firstSeq[direction] ?? 0)
  }

  #seqOf(entry: Entry): number {
    return (entry.seq - this.#shift(entry.direction)) >>> 0
  }

  #ackOf(entry: Entry): number {
    return (entry.flags & 16) === 0
      ? entry.ack
      : (entry.ack - this.#shift(1 - entry.direction)) >>> 0
  }

  #timeOf(entry: Entry): number {
    return this.#how.absoluteTime ? entry.us : entry.us - this.#firstUs
  }

  /** Selective acknowledgements are of the other end's numbers. */
  #optionsText(entry: Entry): string {
    const shift = this.#shift(1 - entry.direction)
    return entry.tcpOptions.replace(/sack(\d+)-(\d+)/g, (_, from, to) => {
      return `sack${(Number(from) - shift) >>> 0}-${(Number(to) - shift) >>> 0}`
    })
  }

  #line(entry: Entry): string {
    const words = [timeText(this.#timeOf(entry)), entry.direction === 0 ? '>' : '<']
    if (this.#how.ipId) words.push(String(entry.id))
    if (this.#flow.proto === TCP) {
      words.push(flagsText(entry.flags), String(this.#seqOf(entry)))
      words.push(String(entry.payload), String(this.#ackOf(entry)))
      if (this.#how.window) words.push(String(entry.window))
      const options = this.#optionsText(entry)
      if (options !== '') words.push(options)
    } else words.push(String(entry.payload))
    return `${words.join(' ')}\n`
  }

  #record(entry: Entry): Uint8Array {
    const us = this.#timeOf(entry)
    const seconds = Math.floor(us / 1e6)
    const bytes = [
      0,
      0,
      0,
      0,
      ...word32(seconds),
      ...word32(Math.round((us - seconds * 1e6) * 1000)),
    ]
    if (this.#how.ipId) bytes.push(entry.id >> 8, entry.id & 255)
    if (this.#flow.proto !== TCP) bytes.push(...word32(entry.payload), entry.direction)
    else {
      bytes.push(
        ...word32(this.#seqOf(entry)),
        ...word32(entry.payload),
        ...word32(this.#ackOf(entry)),
      )
      if (this.#how.window) bytes.push(entry.window >> 8, entry.window & 255)
      const text = this.#optionsText(entry)
      const options = text === '' ? [] : (parseTcpOptions(text, 'all') ?? [])
      bytes.push(entry.flags, entry.direction, options.length, ...options)
    }
    bytes.splice(0, 4, ...word32(bytes.length))
    return Uint8Array.from(bytes)
  }
}
