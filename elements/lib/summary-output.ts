// Writes lines and binary records of IP summary dumps.

import { hostname } from 'node:os'
import type { Packet } from '../../dataplane/packet.ts'
import { cpQuote } from '../../lib/click/args.ts'
import {
  extraLength,
  extraPackets,
  firstTimeUs,
  setExtraLength,
  setExtraPackets,
} from './anno-words.ts'
import { fieldBytes, VARIABLE } from './summary-fields.ts'
import { findHeaders, type Headers } from './summary-headers.ts'
import { isInSet, type TcpOptionSet } from './summary-options.ts'
import { fieldText, md5, needsHeaders, WRITERS, type Writer } from './summary-write.ts'
import { timeText } from './time-text.ts'
import type { TraceOutput } from './trace-output.ts'

export interface SummaryPlan {
  readonly fields: readonly { readonly name: string; readonly writer: Writer }[]
  /** A field looks at headers. */
  readonly headers: boolean
  readonly binary: boolean
  readonly badPackets: boolean
  readonly carefulTrunc: boolean
  readonly multipacket: boolean
  readonly extraLength: boolean
}

/** Fields by name; the plan for a line of them. */
export function summaryPlan(
  names: readonly string[],
  options: Omit<SummaryPlan, 'fields' | 'headers'>,
): SummaryPlan {
  const fields = names.map((name) => ({ name, writer: WRITERS[name]! }))
  return { ...options, fields, headers: names.some(needsHeaders) }
}

export interface Head {
  readonly banner: string
  readonly verbose: boolean
  readonly nowUs: number
}

/** The lines that a dump starts with. */
export function headText(plan: SummaryPlan, { banner, verbose, nowUs }: Head): string {
  let text = '!IPSummaryDump 1.3\n'
  if (banner !== '') text += `!creator ${cpQuote(banner)}\n`
  if (verbose) {
    const date = new Date(nowUs / 1000).toString().replace(/ GMT.*/, '')
    const [day, month, dayOfMonth, year, time] = date.split(' ')
    text += `!host ${hostname()}\n`
    text += `!runtime ${timeText(nowUs)} (${day} ${month} ${dayOfMonth} ${time} ${year})\n`
  }
  const names = plan.fields.map(({ name }) =>
    name === 'ntimestamp' && !plan.binary ? 'timestamp' : name,
  )
  return `${text}!data ${names.join(' ')}\n${plan.binary ? '!binary\n' : ''}`
}

/** Writes a packet's entry, or its entries; how many. */
export function writeSummary(out: TraceOutput, plan: SummaryPlan, h: Headers, p: Packet): number {
  if (!plan.multipacket || extraPackets(p) === 0) {
    writeOne(out, plan, h, p)
    return 1
  }
  const count = 1 + extraPackets(p)
  const length = p.length
  let whole = Math.max(count * length, length + (plan.extraLength ? extraLength(p) : 0))
  const endUs = p.timeUs
  const first = firstTimeUs(p)
  const stepUs = first === 0 ? 0 : (endUs - first) / (count - 1)
  if (first !== 0) p.timeUs = first
  setExtraPackets(p, 0)
  for (let i = count; i > 0; i--) {
    const share = Math.floor(whole / i)
    setExtraLength(p, share - length)
    whole -= share
    writeOne(out, plan, h, p)
    p.timeUs = i === 1 ? endUs : p.timeUs + stepUs
  }
  return count
}

function writeOne(out: TraceOutput, plan: SummaryPlan, h: Headers, p: Packet): void {
  h.p = p
  h.bad = ''
  if (plan.headers) findHeaders(h, p, plan.carefulTrunc)
  else {
    h.mem = p.mem
    h.ip = -1
    h.end = p.end
  }
  if (plan.binary) writeRecord(out, plan, h)
  else writeLine(out, plan, h)
}

function writeLine(out: TraceOutput, plan: SummaryPlan, h: Headers): void {
  const { fields } = plan
  let line = ''
  for (let i = 0; i < fields.length; i++) {
    if (i > 0) line += ' '
    line += fieldText(fields[i]!.writer, h)
  }
  if (plan.badPackets && h.bad !== '') out.text(`!bad ${h.bad}\n`)
  out.text(`${line}\n`)
}

/** A record that is text has its highest bit set. */
const TEXT_RECORD = 0x8000_0000

function writeRecord(out: TraceOutput, plan: SummaryPlan, h: Headers): void {
  const bytes: number[] = [0, 0, 0, 0]
  for (const { name, writer } of plan.fields) appendField(bytes, name, writer, h)
  if (plan.badPackets && h.bad !== '') {
    const text = Buffer.from(`....!bad ${h.bad}\n`, 'latin1')
    text.writeUInt32BE(text.length + TEXT_RECORD)
    out.append(text)
  }
  const record = Buffer.from(bytes)
  record.writeUInt32BE(record.length)
  out.append(record)
}

const SETS: Readonly<Record<string, TcpOptionSet>> = {
  ip_opt: 'all',
  tcp_opt: 'all',
  tcp_ntopt: 'notime',
  tcp_sack: 'sack',
}

function appendField(bytes: number[], name: string, writer: Writer, h: Headers): void {
  const size = fieldBytes(name)
  const range = writer.range?.(h) ?? null
  if (size === VARIABLE) appendOptions(bytes, h.mem, range, SETS[name]!)
  else if (size === 6) {
    for (let i = 0; i < 6; i++) bytes.push(range === null ? 0 : h.mem[range.from + i]!)
  } else if (size === 16) {
    bytes.push(...(range === null ? new Uint8Array(16) : md5(h.mem, range.from, range.to)))
  } else {
    const value = writer.number!(h) ?? 0
    if (size === 8 && name !== 'ts_usec1') appendTime(bytes, value, name.includes('nt') ? 1000 : 1)
    else appendNumber(bytes, value, size)
  }
}

function appendNumber(bytes: number[], value: number, size: number): void {
  for (let i = size - 1; i >= 0; i--) bytes.push(Math.floor(value / 256 ** i) % 256)
}

/** Seconds, and microseconds or nanoseconds. */
function appendTime(bytes: number[], us: number, perUs: number): void {
  const seconds = Math.floor(us / 1e6)
  appendNumber(bytes, seconds, 4)
  appendNumber(bytes, Math.round((us - seconds * 1e6) * perUs), 4)
}

/** The options of a set, behind their length; what is not well-formed ends them. */
function appendOptions(
  bytes: number[],
  mem: Uint8Array,
  range: { from: number; to: number } | null,
  set: TcpOptionSet,
): void {
  const at = bytes.push(0) - 1
  if (range === null) return
  if (set === 'all') bytes.push(...mem.subarray(range.from, range.to))
  else
    for (let i = range.from; i < range.to && mem[i] !== 0; ) {
      const length = mem[i] === 1 ? 1 : (mem[i + 1] ?? 0)
      if (length < 1 || (length < 2 && mem[i] !== 1) || i + length > range.to) break
      if (isInSet(mem[i]!, set)) bytes.push(...mem.subarray(i, i + length))
      i += length
    }
  bytes[at] = bytes.length - at - 1
}
