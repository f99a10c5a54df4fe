// What ToIPSummaryDump writes of a packet: one function a field. A field that the packet does not
// have, or whose bytes were not captured, is null and written as '-'.

import { createHash } from 'node:crypto'
import type { Packet } from '../../dataplane/packet.ts'
import { annoInt } from './anno-words.ts'
import { ICMP_CODES, ICMP_TYPES, nameOf } from './icmp-names.ts'
import { ECN, flagsText, protoText } from './summary-fields.ts'
import { ipOptionsText, type TcpOptionSet, tcpOptionsText } from './summary-options.ts'
import { etherText, ipText } from './text.ts'

/** Where a packet's headers are. Offsets are -1 where there is none. */
export interface Headers {
  readonly p: Packet
  readonly view: DataView
  readonly ip: number
  /** Of the first fragment, or a packet that is none. */
  readonly transport: number
  readonly proto: number
  /** Captured bytes of the IP packet end here. */
  readonly end: number
  /** What the IP header says about its length. */
  readonly ipLength: number
  /** Bytes that are not in the packet any more (EXTRA_LENGTH annotation). */
  readonly extra: number
  /** What is wrong with it, or null. */
  readonly bad: string | null
}

const EXTRA_LENGTH_OFFSET = 28
const AGGREGATE_OFFSET = 20
const EXTRA_PACKETS_OFFSET = 24

export function headersOf(p: Packet): Headers {
  const view = new DataView(p.mem.buffer, p.mem.byteOffset)
  const extra = annoWord(p, EXTRA_LENGTH_OFFSET)
  const none = { p, view, ip: -1, transport: -1, proto: -1, end: p.end, ipLength: 0, extra }
  const ip = p.net
  if (ip < 0) return { ...none, bad: 'no IP header' }
  if (p.end - ip < 20) return { ...none, bad: 'truncated IP header' }
  if (p.mem[ip]! >> 4 !== 4) return { ...none, bad: `IP version ${p.mem[ip]! >> 4}` }
  const hl = (p.mem[ip]! & 15) * 4
  const ipLength = view.getUint16(ip + 2)
  if (hl < 20 || ipLength < hl) return { ...none, bad: 'IP header length' }
  const end = Math.min(p.end, ip + ipLength)
  const first = (view.getUint16(ip + 6) & 0x1fff) === 0
  const transport = first && ip + hl <= end ? ip + hl : -1
  const short = p.end - ip + extra < ipLength
  const bad = short ? `truncated IP length ${ipLength}` : null
  return { p, view, ip, transport, proto: p.mem[ip + 9]!, end, ipLength, extra, bad }
}

export function annoWord(p: Packet, offset: number): number {
  return annoInt(p, offset) >>> 0
}

type Writer = (h: Headers) => string | null

const TCP = 6
const UDP = 17
const ICMP = 1
const PORTS = [TCP, UDP, 132, 33, 136]

const ip =
  (read: (h: Headers) => string | number): Writer =>
  (h) =>
    h.ip < 0 ? null : String(read(h))

/** A field of `size` bytes at `at` of the transport header of some protocols. */
const transport =
  (protos: readonly number[], at: number, size: 1 | 2 | 4, text: (n: number) => string = String) =>
  (h: Headers): string | null => {
    const off = h.transport + at
    if (h.transport < 0 || !protos.includes(h.proto) || off + size > h.end) return null
    if (size === 4) return text(h.view.getUint32(off))
    return text(size === 2 ? h.view.getUint16(off) : h.view.getUint8(off))
  }

function timeText(us: number): string {
  const seconds = Math.floor(us / 1e6)
  return `${seconds}.${String(Math.floor(us - seconds * 1e6)).padStart(6, '0')}`
}

function fragment(h: Headers): string {
  const field = h.view.getUint16(h.ip + 6)
  if ((field & 0x1fff) !== 0) return 'f'
  if ((field & 0x2000) !== 0) return 'F'
  return (field & 0x4000) !== 0 ? '!' : '.'
}

function fragmentOffset(h: Headers): string {
  const field = h.view.getUint16(h.ip + 6)
  const more = (field & 0x2000) !== 0 ? '+' : ''
  return `${(field & 0x1fff) * 8}${more}${(field & 0x4000) !== 0 ? '!' : ''}`
}

function ipOptions(h: Headers): string | null {
  const end = h.ip + (h.p.mem[h.ip]! & 15) * 4
  if (h.ip < 0 || end > h.p.end) return null
  return ipOptionsText(h.p.mem.subarray(h.ip + 20, end))
}

const tcpOptions =
  (set: TcpOptionSet): Writer =>
  (h) => {
    if (h.transport < 0 || h.proto !== TCP || h.transport + 20 > h.end) return null
    const end = h.transport + (h.p.mem[h.transport + 12]! >> 4) * 4
    if (end < h.transport + 20 || end > h.end) return null
    return tcpOptionsText(h.p.mem.subarray(h.transport + 20, end), set)
  }

function tcpFlags(h: Headers): string | null {
  if (h.transport < 0 || h.proto !== TCP || h.transport + 14 > h.end) return null
  return flagsText(h.view.getUint16(h.transport + 12) & 0x1ff)
}

function icmpTypeName(h: Headers): string | null {
  return transport([ICMP], 0, 1, (type) => nameOf(ICMP_TYPES, type) ?? String(type))(h)
}

function icmpCodeName(h: Headers): string | null {
  const type = h.transport < 0 ? -1 : (h.p.mem[h.transport] ?? -1)
  return transport([ICMP], 1, 1, (code) => nameOf(ICMP_CODES[type], code) ?? String(code))(h)
}

/** ICMP types that have an identifier and a sequence number. */
const WITH_ID = [0, 8, 13, 14, 15, 16, 17, 18]

const icmpWord =
  (at: number, has: (type: number, code: number) => boolean): Writer =>
  (h) => {
    if (h.transport < 0 || h.proto !== ICMP || h.transport + 2 > h.end) return null
    if (!has(h.p.mem[h.transport]!, h.p.mem[h.transport + 1]!)) return null
    return transport([ICMP], at, 2)(h)
  }

/** Where the payload starts: behind the headers that there are. */
function payloadStart(h: Headers): number {
  if (h.ip < 0) return h.p.off
  const behindIp = h.ip + (h.p.mem[h.ip]! & 15) * 4
  if (h.transport < 0) return behindIp
  if (h.proto === UDP || h.proto === ICMP) return behindIp + 8
  if (h.proto !== TCP || h.transport + 13 > h.end) return behindIp
  return behindIp + (h.p.mem[h.transport + 12]! >> 4) * 4
}

function payloadOf(h: Headers): Uint8Array {
  const start = Math.min(payloadStart(h), h.end)
  return h.p.mem.subarray(start, h.end)
}

function payloadLength(h: Headers): string {
  if (h.ip < 0) return String(h.p.length + h.extra)
  return String(Math.max(0, h.ip + h.ipLength - payloadStart(h)))
}

const ESCAPES: Readonly<Record<number, string>> = {
  9: '\\t',
  10: '\\n',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
}

function quoted(bytes: Uint8Array): string {
  let text = '"'
  for (const c of bytes) {
    if (ESCAPES[c] !== undefined) text += ESCAPES[c]
    else if (c < 32 || c > 126) text += `\\${c.toString(8).padStart(3, '0')}`
    else text += String.fromCharCode(c)
  }
  return `${text}"`
}

function md5(h: Headers): Buffer {
  return createHash('md5').update(payloadOf(h)).digest()
}

const MD5_LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@'

/** Six bits a letter, lowest bits first. */
function md5Text(h: Headers): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of md5(h)) {
    held |= byte << bits
    for (bits += 8; bits >= 6; bits -= 6) {
      text += MD5_LETTERS[held & 63]
      held >>= 6
    }
  }
  return text + MD5_LETTERS[held & 63]
}

function direction(h: Headers): string {
  return h.p.paint === 0 ? '>' : h.p.paint === 1 ? '<' : String(h.p.paint)
}

const ether =
  (at: number): Writer =>
  ({ p }) =>
    p.mac < p.base || p.mac < 0 || p.mac + 14 > p.end ? null : etherText(p.mem, p.mac + at)

export const WRITERS: Readonly<Record<string, Writer>> = {
  timestamp: ({ p }) => timeText(p.timeUs),
  ts_sec: ({ p }) => String(Math.floor(p.timeUs / 1e6)),
  ts_usec: ({ p }) => String(Math.floor(p.timeUs % 1e6)),
  ts_usec1: ({ p }) => String(Math.floor(p.timeUs)),
  first_timestamp: () => null,
  ip_src: ip((h) => ipText(h.view.getInt32(h.ip + 12))),
  ip_dst: ip((h) => ipText(h.view.getInt32(h.ip + 16))),
  ip_frag: ip(fragment),
  ip_fragoff: ip(fragmentOffset),
  ip_len: (h) => String(h.ip < 0 ? h.p.length + h.extra : h.ipLength),
  ip_proto: ip((h) => protoText(h.proto)),
  ip_hl: ip((h) => (h.p.mem[h.ip]! & 15) * 4),
  ip_id: ip((h) => h.view.getUint16(h.ip + 4)),
  ip_tos: ip((h) => h.p.mem[h.ip + 1]!),
  ip_dscp: ip((h) => h.p.mem[h.ip + 1]! >> 2),
  ip_ecn: ip((h) => ECN[h.p.mem[h.ip + 1]! & 3]!),
  ip_ttl: ip((h) => h.p.mem[h.ip + 8]!),
  ip_sum: ip((h) => h.view.getUint16(h.ip + 10)),
  ip_opt: ipOptions,
  ip_capture_len: (h) => String(h.ip < 0 ? h.p.length : h.end - h.ip),
  sport: transport(PORTS, 0, 2),
  dport: transport(PORTS, 2, 2),
  tcp_seq: transport([TCP], 4, 4),
  tcp_ack: transport([TCP], 8, 4),
  tcp_off: transport([TCP], 12, 1, (n) => String((n >> 4) * 4)),
  tcp_flags: tcpFlags,
  tcp_window: transport([TCP], 14, 2),
  tcp_urp: transport([TCP], 18, 2),
  tcp_opt: tcpOptions('all'),
  tcp_ntopt: tcpOptions('notime'),
  tcp_sack: tcpOptions('sack'),
  udp_len: transport([UDP], 4, 2),
  icmp_type: transport([ICMP], 0, 1),
  icmp_code: transport([ICMP], 1, 1),
  icmp_type_name: icmpTypeName,
  icmp_code_name: icmpCodeName,
  icmp_flowid: icmpWord(4, (type) => WITH_ID.includes(type)),
  icmp_seq: icmpWord(6, (type) => WITH_ID.includes(type)),
  icmp_nextmtu: icmpWord(6, (type, code) => type === 3 && code === 4),
  payload: (h) => quoted(payloadOf(h)),
  payload_len: payloadLength,
  payload_md5: md5Text,
  payload_md5_hex: (h) => md5(h).toString('hex'),
  count: ({ p }) => String(1 + annoWord(p, EXTRA_PACKETS_OFFSET)),
  direction,
  link: ({ p }) => String(p.paint),
  aggregate: ({ p }) => String(annoWord(p, AGGREGATE_OFFSET)),
  eth_src: ether(6),
  eth_dst: ether(0),
  wire_len: ({ p, extra }) => String(p.length + extra),
}
