// What ToIPSummaryDump writes of a packet: for each field its value, and the value's text. A field
// that the packet does not have, or whose bytes were not captured, is null and written as '-'.

import { createHash } from 'node:crypto'
import { aggregateOf, extraLength, extraPackets, firstTimeUs } from './anno-words.ts'
import { ICMP_CODES, ICMP_TYPES, nameOf } from './icmp-names.ts'
import { ECN, flagsText, protoText } from './summary-fields.ts'
import { ETHERNET, type Headers, IP, missing, PORTS } from './summary-headers.ts'
import { ipOptionsText } from './summary-ip-options.ts'
import { readWord, type TcpOptionSet, tcpOptionsText } from './summary-options.ts'
import { etherText, ipText } from './text.ts'
import { timeText } from './time-text.ts'

const TCP = 6
const UDP = 17
const ICMP = 1
const UDPLITE = 136
/** Protocols with ports where TCP has them: TCP, UDP, DCCP, UDP-Lite. */
const WITH_PORTS = [TCP, UDP, 33, UDPLITE]

export interface Writer {
  /** Null: the packet does not have it. */
  number?(h: Headers): number | null
  /** Bytes from and to, in the packet's memory. Null: it does not have them. */
  range?(h: Headers): { from: number; to: number } | null
  /** As written in a line. Not given: the number. */
  text?(h: Headers): string | null
  /** Of `number`, as written. */
  show?(value: number, h: Headers): string
}

/** A number of the IP header, of which `need` bytes must be there. */
const ip = (need: number, read: (h: Headers) => number, show?: Writer['show']): Writer => ({
  number: (h) => (h.ip < 0 || h.end - h.ip < need ? missing(h, IP, need) : read(h)),
  ...(show === undefined ? {} : { show }),
})

const short = (h: Headers, at: number): number => (h.mem[at]! << 8) | h.mem[at + 1]!

type Which = 'tcp' | 'udp' | 'icmp'
const PROTO = { tcp: TCP, udp: UDP, icmp: ICMP } as const

/** A number of `size` bytes at `at` of a transport header, of which `need` bytes must be there. */
const transport = (which: Which, at: number, size: 1 | 2 | 4, need = at + size): Writer => ({
  number(h) {
    const header = h[which]
    if (header < 0 || h.end - header < need) return missing(h, PROTO[which], need)
    if (size === 1) return h.mem[header + at]!
    return size === 2 ? short(h, header + at) : readWord(h.mem, header + at)
  },
})

const port = (at: 0 | 2): Writer => ({
  number(h) {
    const there =
      h.ip >= 0 && h.end - h.ip > h.headerLength && h.first && WITH_PORTS.includes(h.proto)
    if (!there || h.end - h.transport < at + 2) return missing(h, PORTS, at + 2)
    return short(h, h.transport + at)
  },
})

function fragmentLetter(h: Headers): number {
  const field = short(h, h.ip + 6)
  if ((field & 0x3fff) !== 0) return (field & 0x1fff) === 0 ? LETTER.first : LETTER.later
  return (field & 0x4000) !== 0 ? LETTER.whole : LETTER.none
}

const LETTER = { first: 70, later: 102, whole: 33, none: 46 } as const

function fragmentOffset(field: number): string {
  const more = (field & 0x2000) !== 0 ? '+' : ''
  return `${(field & 0x1fff) * 8}${more}${(field & 0x4000) !== 0 ? '!' : ''}`
}

const ipOptions: Writer = {
  range(h) {
    const need = h.ip < 0 ? 20 : h.headerLength
    if (h.ip < 0 || (need > 20 && h.end - h.ip < need)) return missing(h, IP, need)
    return { from: h.ip + 20, to: h.ip + h.headerLength }
  },
  text(h) {
    const range = this.range!(h)
    return range === null ? null : ipOptionsText(h.mem, range.from, range.to)
  },
}

/** NOP NOP and a time stamp of ten bytes: what most packets have. */
const USUAL_OPTIONS = 0x0101_080a

const tcpOptions = (set: TcpOptionSet): Writer => ({
  range(h) {
    const captured = h.end - h.tcp
    if (h.tcp < 0 || captured < 13) return missing(h, TCP, captured + 1)
    const length = (h.mem[h.tcp + 12]! >> 4) * 4
    const none = { from: h.tcp + 20, to: h.tcp + 20 }
    if (length <= 20) return none
    const usual = length === 32 && captured >= 24 && readWord(h.mem, h.tcp + 20) === USUAL_OPTIONS
    if (set !== 'all' && usual) return none
    if (captured < length) return missing(h, TCP, captured + 1)
    return { from: h.tcp + 20, to: h.tcp + length }
  },
  text(h) {
    const range = this.range!(h)
    return range === null ? null : tcpOptionsText(h.mem, range.from, range.to, set)
  },
})

/** ICMP types that have an identifier and a sequence number: echo, information, time stamp. */
const SEQUENCED = [0, 8, 13, 14, 15, 16]

/** Of `need` bytes; the first `kind` of them say whether the packet has it. */
const icmpWord = (
  at: number,
  need: number,
  kind: number,
  has: (type: number, code: number) => boolean,
): Writer => ({
  number(h) {
    if (h.icmp < 0 || h.end - h.icmp < kind) return missing(h, ICMP, kind)
    if (!has(h.mem[h.icmp]!, h.mem[h.icmp + 1]!)) return null
    return h.end - h.icmp < need ? missing(h, ICMP, need) : short(h, h.icmp + at)
  },
})

/** Where the payload starts: behind the headers that there are, or should be. */
function payloadStart(h: Headers): number {
  if (h.ip < 0) return h.p!.off
  if (!h.first) return h.transport
  if (h.proto === UDP || h.proto === UDPLITE) return h.transport + 8
  if (h.proto !== TCP) return h.transport
  const words = h.end - h.transport >= 13 ? h.mem[h.transport + 12]! >> 4 : 5
  return h.transport + Math.max(5, words) * 4
}

/** As the IP header has it; it may be negative. */
function payloadLength(h: Headers): number {
  return h.ip < 0 ? h.end - h.p!.off : h.ipLength - (payloadStart(h) - h.ip)
}

/** The captured part of the payload; null: it starts behind what was captured. */
function payloadRange(h: Headers): { from: number; to: number } | null {
  const from = payloadStart(h)
  const length = payloadLength(h)
  if (length !== 0 && from >= h.p!.end) return null
  return { from, to: Math.max(from, Math.min(h.end, from + length)) }
}

const ESCAPES: Readonly<Record<number, string>> = {
  9: '\\t',
  10: '\\n',
  13: '\\r',
  34: '\\"',
  36: '\\$',
  92: '\\\\',
}

function quoted(mem: Uint8Array, from: number, to: number): string {
  let text = '"'
  for (let i = from; i < to; i++) {
    const c = mem[i]!
    if (ESCAPES[c] !== undefined) text += ESCAPES[c]
    else if (c < 32 || c > 126) text += `\\${c.toString(8).padStart(3, '0')}`
    else text += String.fromCharCode(c)
  }
  return `${text}"`
}

export function md5(mem: Uint8Array, from: number, to: number): Buffer {
  return createHash('md5').update(mem.subarray(from, to)).digest()
}

const MD5_LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@'

/** Six bits a letter, lowest bits first. */
function md5Text(digest: Buffer): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of digest) {
    held |= byte << bits
    for (bits += 8; bits >= 6; bits -= 6) {
      text += MD5_LETTERS[held & 63]
      held >>= 6
    }
  }
  return text + MD5_LETTERS[held & 63]
}

const payload = (show: (mem: Uint8Array, from: number, to: number) => string): Writer => ({
  range: payloadRange,
  text(h) {
    const range = payloadRange(h)
    return range === null ? null : show(h.mem, range.from, range.to)
  },
})

/** Where the Ethernet header is; -1: there is none right in front of the network header. */
function etherAt(h: Headers): number {
  const { mac, net, off, end } = h.p!
  const at = mac >= 0 ? mac : net < 0 || off < net ? off : -1
  return at >= 0 && at + 14 === (net < 0 ? end : net) ? at : -1
}

const ether = (at: number): Writer => ({
  range(h) {
    const header = etherAt(h)
    return header < 0 ? missing(h, ETHERNET, 0) : { from: header + at, to: header + at + 6 }
  },
  text(h) {
    const range = this.range!(h)
    return range === null ? null : etherText(h.mem, range.from)
  },
})

const any = (number: (h: Headers) => number, show?: Writer['show']): Writer => ({
  number,
  ...(show === undefined ? {} : { show }),
})

const direction = (paint: number): string => (paint === 0 ? '>' : paint === 1 ? '<' : String(paint))

export const WRITERS: Readonly<Record<string, Writer>> = {
  timestamp: any((h) => h.p!.timeUs, timeText),
  ntimestamp: any((h) => h.p!.timeUs, timeText),
  first_timestamp: any((h) => firstTimeUs(h.p!), timeText),
  first_ntimestamp: any((h) => firstTimeUs(h.p!), timeText),
  ts_sec: any((h) => Math.floor(h.p!.timeUs / 1e6)),
  ts_usec: any((h) => Math.floor(h.p!.timeUs % 1e6)),
  ts_usec1: any((h) => Math.floor(h.p!.timeUs)),
  count: any((h) => 1 + extraPackets(h.p!)),
  link: any((h) => h.p!.paint),
  paint: any((h) => h.p!.paint),
  direction: any((h) => h.p!.paint, direction),
  aggregate: any((h) => aggregateOf(h.p!) >>> 0),
  wire_len: any((h) => h.p!.length),
  eth_src: ether(6),
  eth_dst: ether(0),
  eth_type: {
    number(h) {
      const header = etherAt(h)
      return header < 0 ? missing(h, ETHERNET, 0) : short(h, header + 12)
    },
    show: (value) => value.toString(16).toUpperCase().padStart(4, '0'),
  },
  ip_src: ip(
    16,
    (h) => readWord(h.mem, h.ip + 12),
    (value) => ipText(value | 0),
  ),
  ip_dst: ip(
    20,
    (h) => readWord(h.mem, h.ip + 16),
    (value) => ipText(value | 0),
  ),
  ip_tos: ip(2, (h) => h.mem[h.ip + 1]!),
  ip_dscp: ip(2, (h) => h.mem[h.ip + 1]! >> 2),
  ip_ecn: ip(
    2,
    (h) => h.mem[h.ip + 1]! & 3,
    (value) => ECN[value]!,
  ),
  ip_ttl: ip(9, (h) => h.mem[h.ip + 8]!),
  ip_frag: ip(8, fragmentLetter, (value) => String.fromCharCode(value)),
  ip_fragoff: ip(8, (h) => short(h, h.ip + 6), fragmentOffset),
  ip_id: ip(6, (h) => short(h, h.ip + 4)),
  ip_sum: ip(12, (h) => short(h, h.ip + 10)),
  ip_proto: ip(10, (h) => h.mem[h.ip + 9]!, protoText),
  ip_hl: ip(1, (h) => (h.mem[h.ip]! & 15) * 4),
  ip_opt: ipOptions,
  ip_len: any((h) => {
    const length = h.ip < 0 ? h.end - h.p!.off : h.ipLength
    return length + (h.countsExtra ? extraLength(h.p!) : 0)
  }),
  ip_capture_len: any((h) => (h.ip < 0 ? h.end - h.p!.off : Math.min(h.ipLength, h.end - h.ip))),
  sport: port(0),
  dport: port(2),
  tcp_seq: transport('tcp', 4, 4),
  tcp_ack: transport('tcp', 8, 4),
  tcp_off: {
    number(h) {
      if (h.tcp < 0 || h.end - h.tcp < 13) return missing(h, TCP, 13)
      return (h.mem[h.tcp + 12]! >> 4) * 4
    },
  },
  tcp_flags: {
    number(h) {
      if (h.tcp < 0 || h.end - h.tcp < 14) return missing(h, TCP, 14)
      return short(h, h.tcp + 12) & 0xfff
    },
    show: flagsText,
  },
  tcp_window: transport('tcp', 14, 2),
  tcp_urp: transport('tcp', 18, 2),
  tcp_opt: tcpOptions('all'),
  tcp_ntopt: tcpOptions('notime'),
  tcp_sack: tcpOptions('sack'),
  udp_len: transport('udp', 4, 2),
  icmp_type: transport('icmp', 0, 1),
  icmp_code: transport('icmp', 1, 1),
  icmp_type_name: {
    ...transport('icmp', 0, 1),
    show: (type) => nameOf(ICMP_TYPES, type) ?? String(type),
  },
  icmp_code_name: {
    ...transport('icmp', 1, 1),
    show: (code, h) => nameOf(ICMP_CODES[h.mem[h.icmp]!], code) ?? String(code),
  },
  icmp_flowid: icmpWord(4, 6, 1, (type) => SEQUENCED.includes(type)),
  icmp_seq: icmpWord(6, 8, 1, (type) => SEQUENCED.includes(type)),
  icmp_nextmtu: icmpWord(6, 8, 2, (type, code) => type === 3 && code === 4),
  payload: payload(quoted),
  payload_len: any((h) => {
    const extra = h.ip < 0 || h.countsExtra ? extraLength(h.p!) : 0
    return (payloadLength(h) + extra) >>> 0
  }),
  payload_md5: payload((mem, from, to) => md5Text(md5(mem, from, to))),
  payload_md5_hex: payload((mem, from, to) => md5(mem, from, to).toString('hex')),
}

/** A field of a packet, as written in a line. */
export function fieldText(writer: Writer, h: Headers): string {
  if (writer.text !== undefined) return writer.text(h) ?? '-'
  const value = writer.number!(h)
  if (value === null) return '-'
  return writer.show === undefined ? String(value) : writer.show(value, h)
}

/** Fields that do not look at headers. */
const OF_ANNOTATIONS =
  /^(?:n?timestamp|first_n?timestamp|ts_|count|link|paint|direction|aggregate|wire_len|eth_)/

export function needsHeaders(name: string): boolean {
  return !OF_ANNOTATIONS.test(name)
}
