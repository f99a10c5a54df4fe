// Takes the words of a line of an IP summary dump, or the bytes of a binary record, into a packet.

import { cpUnquote, parseEth, parseInteger, parseIp, splitSpaces } from '../../lib/click/args.ts'
import { setAggregate, setExtraPackets, setFirstTimeUs } from './anno-words.ts'
import { writeIp } from './arp.ts'
import { ICMP_CODES, ICMP_TYPES } from './icmp-names.ts'
import {
  DCCP,
  type Draft,
  type Flow,
  ICMP,
  TCP,
  UDP,
  UDPLITE,
  writeShort,
} from './summary-draft.ts'
import {
  ecnNumber,
  fieldBytes,
  fieldOrder,
  flagsNumber,
  protoNumber,
  VARIABLE,
} from './summary-fields.ts'
import { parseIpOptions } from './summary-ip-options.ts'
import { parseTcpOptions, readWord, type TcpOptionSet } from './summary-options.ts'
import { parseTimeUs } from './time-text.ts'

export type Value = number | Uint8Array

export interface Reader {
  readonly name: string
  readonly order: number
  readonly bytes: number
  /** What a word stands for; null: it does not fit the field. */
  parse(word: string, d: Draft): Value | null
  /** What the bytes of a binary record stand for. */
  decode(bytes: Uint8Array): Value
  put(d: Draft, value: Value): void
}

type Parse = (word: string, d: Draft) => Value | null
type Put = (d: Draft, value: Value) => void

const LIMITS: Readonly<Record<number, number>> = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff }

/** A whole number that fits into so many bytes. */
function number(bytes: number): (word: string) => number | null {
  const most = LIMITS[bytes] ?? Number.MAX_SAFE_INTEGER
  return (word) => {
    const value = parseInteger(word)
    return value === null || value < 0 || value > most ? null : value
  }
}

function bigEndian(bytes: Uint8Array): number {
  let value = 0
  for (const byte of bytes) value = value * 256 + byte
  return value
}

const seconds =
  (fraction: number) =>
  (bytes: Uint8Array): number =>
    readWord(bytes, 0) * 1e6 + readWord(bytes, 4) / fraction

const num = (put: (d: Draft, value: number) => void): Put => put as Put
const data = (put: (d: Draft, value: Uint8Array) => void): Put => put as Put

interface Kind {
  readonly parse?: Parse
  readonly decode?: (bytes: Uint8Array) => Value
  readonly put: Put
}

const ip = (put: (d: Draft, value: number) => void): Put =>
  num((d, value) => {
    if (d.needIp(0)) put(d, value)
  })

/** A field of the transport header of a protocol, or of several. */
const transport = (protos: readonly number[], put: (d: Draft, value: number) => void): Put =>
  num((d, value) => {
    const only = protos.length === 1 ? protos[0]! : 0
    if (!d.needIp(only) || !d.needTransport()) return
    if (d.ipProto === 0 || protos.includes(d.ipProto)) put(d, value)
  })

const PORTS = [TCP, UDP, DCCP, UDPLITE]
const tcp = (put: (d: Draft, value: number) => void): Put => transport([TCP], put)
const shortAt = (at: number) => (d: Draft, value: number) =>
  writeShort(d.p.mem, d.p.transport + at, value)
const wordAt = (at: number) => (d: Draft, value: number) =>
  writeIp(d.p.mem, d.p.transport + at, value | 0)

function fragment(word: string): number | null {
  const kinds: Readonly<Record<string, number>> = { '.': 0, '!': 0x4000, F: 0x2000, f: 100 }
  if (Object.hasOwn(kinds, word)) return kinds[word]!
  const m = /^(\d+|0[xX][0-9a-fA-F]+)([!+]*)$/.exec(word)
  if (m === null) return null
  const more = m[2]!.includes('+') ? 0x2000 : 0
  return ((Number(m[1]) >> 3) | more | (m[2]!.includes('!') ? 0x4000 : 0)) & 0xffff
}

const putFragment = ip((d, value) => writeShort(d.p.mem, d.p.net + 6, value))

/** The letter of a fragment is a byte of its own in binary dumps. */
function fragmentLetter(bytes: Uint8Array): number {
  return fragment(String.fromCharCode(bytes[0]!)) ?? 0
}

function direction(word: string): number | null {
  if (/^[>L]$/.test(word)) return 0
  return /^[<RX]$/.test(word) ? 1 : number(1)(word)
}

const putPaint = num((d, value) => {
  d.p.paint = value
})

function putIpOptions(d: Draft, options: Uint8Array): void {
  if (!d.needIp(0)) return
  d.hasIpLength = true
  if (options.length === 0) return
  const bytes = (20 + options.length + 3) & ~3
  if (bytes > d.ipHeaderLength) d.setIpHeader(bytes)
  d.p.mem.set(options, d.p.net + 20)
}

function putTcpOptions(d: Draft, options: Uint8Array): void {
  if (!d.needIp(TCP) || !d.needTransport() || (d.ipProto !== TCP && d.ipProto !== 0)) return
  d.hasTcpLength = true
  if (options.length === 0) return
  const bytes = (20 + options.length + 3) & ~3
  if (!d.needTransportBytes(bytes)) return
  const { mem, transport: at } = d.p
  if (bytes > (mem[at + 12]! >> 4) * 4) mem[at + 12] = (mem[at + 12]! & 15) | ((bytes >> 2) << 4)
  mem.fill(0, at + 20, at + bytes)
  mem.set(options, at + 20)
}

const tcpOptions = (set: TcpOptionSet): Kind => ({
  parse: (word) => parseTcpOptions(word, set),
  put: data(putTcpOptions),
})

const named = (
  names: Readonly<Record<string, number>> | undefined,
  word: string,
): number | null => {
  if (names !== undefined && Object.hasOwn(names, word)) return names[word]!
  return number(1)(word)
}

const icmp = (put: (d: Draft, value: number) => void): Put =>
  num((d, value) => {
    if (d.needIp(ICMP) && d.needTransport() && d.needTransportBytes(8)) put(d, value)
  })

/** ICMP types with an identifier and a number: echo, information, time stamp. */
const SEQUENCED = [0, 8, 13, 14, 15, 16]

const sequenced = (at: number): Put =>
  icmp((d, value) => {
    const { mem, transport: header } = d.p
    if (!d.hasIcmpType || SEQUENCED.includes(mem[header]!)) writeShort(mem, header + at, value)
  })

function putMtu(d: Draft, value: number): void {
  const { mem, transport: header } = d.p
  const fits = (!d.hasIcmpType || mem[header] === 3) && (!d.hasIcmpCode || mem[header + 1] === 4)
  if (fits) writeShort(mem, header + 6, value)
}

const ICMP_TYPE: Kind = {
  parse: (word) => named(ICMP_TYPES, word),
  put: icmp((d, value) => {
    d.p.mem[d.p.transport] = value
    d.hasIcmpType = true
    if (value === 13 || value === 14) d.needTransportBytes(20) // time stamps (RFC 792)
  }),
}

const ICMP_CODE: Kind = {
  parse: (word, d) => named(d.hasIcmpType ? ICMP_CODES[d.p.mem[d.p.transport]!] : undefined, word),
  put: icmp((d, value) => {
    d.p.mem[d.p.transport + 1] = value
    d.hasIcmpCode = true
  }),
}

const ether = (at: number): Kind => ({
  parse: (word) => parseEth(word),
  decode: (bytes) => bytes.slice(),
  put: data((d, address) => {
    d.needEther()
    d.p.mem.set(address, d.p.mac + at)
  }),
})

function putPayload(d: Draft, payload: Uint8Array): void {
  if (d.needIp(0)) d.needTransport()
  const at = d.payloadOffset
  if (payload.length === 0) return
  d.accountPayload(at, payload.length)
  const { p } = d
  // Headers that a given length has cut short leave no place for a payload.
  const more = at + payload.length - (p.end - p.off)
  if (at > p.end - p.off || (more > 0 && !d.grow(more))) return
  p.mem.set(payload, p.off + at)
}

function putPayloadLength(d: Draft, length: number): void {
  if (d.needIp(0)) d.needTransport()
  d.accountPayload(d.payloadOffset, length)
}

const time = (fraction: number, put: (d: Draft, us: number) => void): Kind => ({
  parse: (word) => parseTimeUs(word),
  decode: seconds(fraction),
  put: num(put),
})

const putTime = (d: Draft, us: number): void => {
  d.p.timeUs = us
}
const putFirstTime = (d: Draft, us: number): void => setFirstTimeUs(d.p, us)

const KINDS: Readonly<Record<string, Kind>> = {
  timestamp: time(1, putTime),
  ntimestamp: time(1000, putTime),
  first_timestamp: time(1, putFirstTime),
  first_ntimestamp: time(1000, putFirstTime),
  ts_sec: { put: num((d, value) => putTime(d, value * 1e6 + (d.p.timeUs % 1e6))) },
  ts_usec: { put: num((d, value) => putTime(d, Math.floor(d.p.timeUs / 1e6) * 1e6 + value)) },
  ts_usec1: { put: num(putTime) },
  count: { put: num((d, value) => setExtraPackets(d.p, Math.max(0, value - 1))) },
  link: { parse: direction, put: putPaint },
  paint: { parse: direction, put: putPaint },
  direction: { parse: direction, put: putPaint },
  aggregate: { put: num((d, value) => setAggregate(d.p, value | 0)) },
  wire_len: {
    put: num((d, value) => {
      d.wantLength = value
    }),
  },
  eth_src: ether(6),
  eth_dst: ether(0),
  eth_type: {
    parse: (word) => (/^(?:0[xX])?[0-9a-fA-F]{1,4}$/.test(word) ? Number.parseInt(word, 16) : null),
    put: num((d, value) => {
      d.needEther()
      writeShort(d.p.mem, d.p.mac + 12, value)
      if (value !== 0x0800 && value !== 0x86dd) d.isIp = false
    }),
  },
  ip_src: {
    parse: (word) => parseIp(word),
    put: ip((d, value) => writeIp(d.p.mem, d.p.net + 12, value | 0)),
  },
  ip_dst: {
    parse: (word) => parseIp(word),
    put: ip((d, value) => writeIp(d.p.mem, d.p.net + 16, value | 0)),
  },
  ip_frag: { parse: fragment, decode: fragmentLetter, put: putFragment },
  ip_fragoff: { parse: fragment, put: putFragment },
  ip_hl: {
    put: ip((d, value) => {
      d.hasIpLength = true
      const bytes = Math.min((value + 3) & ~3, 60)
      if (bytes > d.ipHeaderLength) d.setIpHeader(bytes)
      else d.p.mem[d.p.net] = 0x40 | (bytes >> 2)
    }),
  },
  ip_tos: { put: ip((d, value) => (d.p.mem[d.p.net + 1] = value)) },
  ip_dscp: {
    put: ip((d, value) => (d.p.mem[d.p.net + 1] = (d.p.mem[d.p.net + 1]! & 3) | (value << 2))),
  },
  ip_ecn: {
    parse: ecnNumber,
    put: ip((d, value) => (d.p.mem[d.p.net + 1] = (d.p.mem[d.p.net + 1]! & ~3) | (value & 3))),
  },
  ip_ttl: { put: ip((d, value) => (d.p.mem[d.p.net + 8] = value)) },
  ip_id: { put: ip((d, value) => writeShort(d.p.mem, d.p.net + 4, value)) },
  ip_sum: { put: ip((d, value) => writeShort(d.p.mem, d.p.net + 10, value)) },
  ip_proto: { parse: protoNumber, put: ip((d, value) => (d.p.mem[d.p.net + 9] = value)) },
  ip_opt: { parse: parseIpOptions, put: data(putIpOptions) },
  ip_len: { put: ip((d, value) => (d.wantLength = d.p.net - d.p.off + value)) },
  ip_capture_len: { put: ip(() => {}) },
  sport: { put: transport(PORTS, shortAt(0)) },
  dport: { put: transport(PORTS, shortAt(2)) },
  tcp_seq: { put: tcp(wordAt(4)) },
  tcp_ack: { put: tcp(wordAt(8)) },
  tcp_off: {
    put: tcp((d, value) => {
      const bytes = Math.min((value + 3) & ~3, 60)
      const at = d.p.transport + 12
      const more = bytes - (d.p.mem[at]! >> 4) * 4
      if (more > 0 && !d.grow(more)) return
      d.p.mem[at] = (d.p.mem[at]! & 15) | ((bytes >> 2) << 4)
    }),
  },
  tcp_flags: {
    parse: flagsNumber,
    put: tcp((d, value) => {
      const at = d.p.transport + 12
      d.p.mem[at] = (d.p.mem[at]! & 0xf0) | (value >> 8)
      d.p.mem[at + 1] = value
    }),
  },
  tcp_window: { put: tcp(shortAt(14)) },
  tcp_urp: { put: tcp(shortAt(18)) },
  tcp_opt: tcpOptions('all'),
  tcp_ntopt: tcpOptions('notime'),
  tcp_sack: tcpOptions('sack'),
  udp_len: {
    put: transport([UDP, UDPLITE], (d, value) => {
      if (d.needTransportBytes(8)) writeShort(d.p.mem, d.p.transport + 4, value)
    }),
  },
  icmp_type: ICMP_TYPE,
  icmp_type_name: ICMP_TYPE,
  icmp_code: ICMP_CODE,
  icmp_code_name: ICMP_CODE,
  icmp_flowid: { put: sequenced(4) },
  icmp_seq: { put: sequenced(6) },
  icmp_nextmtu: { put: icmp(putMtu) },
  payload: {
    parse: (word) => new Uint8Array(Buffer.from(cpUnquote(word), 'latin1')),
    put: data(putPayload),
  },
  payload_len: { put: num(putPayloadLength) },
}

/** Reads a field; null: it says nothing of a packet (payload_md5). */
export function readerOf(name: string): Reader | null {
  if (!Object.hasOwn(KINDS, name)) return null
  const { parse, decode, put } = KINDS[name]!
  const bytes = fieldBytes(name)
  const plain = bytes === VARIABLE ? (given: Uint8Array) => given : bigEndian
  return {
    name,
    order: fieldOrder(name),
    bytes,
    parse: parse ?? number(bytes),
    decode: decode ?? plain,
    put,
  }
}

/** `SRC SPORT DST DPORT [PROTO]`; a string: what is wrong with it. `-` stands for nothing. */
export function parseFlow(text: string): { flow: Flow; proto: number | null } | string {
  const words = splitSpaces(text)
  const [src = '', sport = '', dst = '', dport = '', proto] = words
  const from = src === '-' ? 0 : parseIp(src)
  const to = dst === '-' ? 0 : parseIp(dst)
  const ports = [sport, dport].map((word) => (word === '-' ? 0 : number(2)(word)))
  if (words.length < 4 || words.length > 5 || from === null || to === null || ports.includes(null))
    return 'bad !flowid specification'
  const known = proto === undefined ? null : protoNumber(proto)
  if (proto !== undefined && known === null) return 'bad protocol in !flowid'
  return { flow: { src: from, dst: to, sport: ports[0]!, dport: ports[1]! }, proto: known }
}
