// Makes packets of the lines of an IP summary dump.
//
// A line's words are read by the fields of the last `!data`. Values that are not there come from
// `!flowid`, `!proto`, `!aggregate`, or are zero; time to live is 100.

import { cpUnquote, parseIp, splitSpaces } from '../../lib/click/args.ts'
import { ICMP_CODES, ICMP_TYPES } from './icmp-names.ts'
import { ECN, fieldName, flagsNumber, protoNumber } from './summary-fields.ts'
import { parseIpOptions, parseTcpOptions } from './summary-options.ts'

/** What a line says; -1 or null: nothing. */
export interface Summary {
  timeUs: number
  src: number
  dst: number
  proto: number
  length: number
  id: number
  tos: number
  ttl: number
  /** The header's fragment field: flags and offset in words. */
  fragment: number
  ipOptions: Uint8Array
  sport: number
  dport: number
  seq: number
  ack: number
  flags: number
  window: number
  urgent: number
  tcpOptions: Uint8Array
  udpLength: number
  icmpType: number
  icmpCode: number
  icmpId: number
  icmpSeq: number
  icmpMtu: number
  payload: string
  payloadLength: number
  link: number
  aggregate: number
  count: number
}

/** Values that lines are completed with. */
export interface Defaults {
  proto: number
  flow: Partial<Pick<Summary, 'src' | 'dst' | 'sport' | 'dport' | 'proto'>>
  aggregate: number
}

const NO_BYTES = new Uint8Array(0)

export function emptySummary({ proto, flow, aggregate }: Defaults): Summary {
  return {
    timeUs: 0,
    src: 0,
    dst: 0,
    proto,
    length: -1,
    id: 0,
    tos: 0,
    ttl: 100,
    fragment: 0,
    ipOptions: NO_BYTES,
    sport: 0,
    dport: 0,
    seq: 0,
    ack: 0,
    flags: 0,
    window: 0,
    urgent: 0,
    tcpOptions: NO_BYTES,
    udpLength: -1,
    icmpType: 0,
    icmpCode: 0,
    icmpId: 0,
    icmpSeq: 0,
    icmpMtu: 0,
    payload: '',
    payloadLength: -1,
    link: -1,
    aggregate,
    count: 1,
    ...flow,
  }
}

/** Takes a field's word into a summary; false: the word does not fit the field. */
type Reader = (s: Summary, word: string) => boolean

type NumberKey = {
  [K in keyof Summary]: Summary[K] extends number ? K : never
}[keyof Summary]

const integer =
  (key: NumberKey, max: number): Reader =>
  (s, word) => {
    if (!/^\d+$/.test(word) || Number(word) > max) return false
    s[key] = Number(word)
    return true
  }

const by =
  (key: NumberKey, parse: (word: string) => number | null): Reader =>
  (s, word) => {
    const value = parse(word)
    if (value !== null) s[key] = value
    return value !== null
  }

function timestamp(s: Summary, word: string): boolean {
  const m = /^(?=\.?\d)(\d*)(?:\.(\d*))?$/.exec(word)
  if (m === null) return false
  s.timeUs = Number(m[1]) * 1e6 + Number(`${m[2] ?? ''}000000`.slice(0, 6))
  return true
}

function fragmentOffset(s: Summary, word: string): boolean {
  const m = /^(\d+)(\+?)(!?)(\+?)$/.exec(word)
  if (m === null || Number(m[1]) % 8 !== 0) return false
  const more = m[2] === '+' || m[4] === '+' ? 0x2000 : 0
  s.fragment = (Number(m[1]) / 8) | more | (m[3] === '!' ? 0x4000 : 0)
  return true
}

function fragmentKind(s: Summary, word: string): boolean {
  const values: Record<string, number> = { F: 0x2000, f: 100, '!': 0x4000, '.': 0 }
  if (values[word] === undefined) return false
  s.fragment = values[word]
  return true
}

const options =
  (key: 'ipOptions' | 'tcpOptions', parse: (word: string) => Uint8Array | null): Reader =>
  (s, word) => {
    const bytes = parse(word)
    if (bytes !== null) s[key] = bytes
    return bytes !== null
  }

function direction(word: string): number | null {
  if (/^[>L]$/.test(word)) return 0
  if (/^[<RX]$/.test(word)) return 1
  return /^\d+$/.test(word) && Number(word) < 256 ? Number(word) : null
}

const named =
  (names: () => Readonly<Record<string, number>> | undefined) =>
  (word: string): number | null => {
    const known = names()
    if (known !== undefined && Object.hasOwn(known, word)) return known[word]!
    return /^\d+$/.test(word) && Number(word) < 256 ? Number(word) : null
  }

const icmpType = by(
  'icmpType',
  named(() => ICMP_TYPES),
)

function icmpCode(s: Summary, word: string): boolean {
  return by(
    'icmpCode',
    named(() => ICMP_CODES[s.icmpType]),
  )(s, word)
}

function ecn(s: Summary, word: string): boolean {
  const value = ECN.indexOf(word)
  if (value >= 0) s.tos = (s.tos & ~3) | value
  return value >= 0
}

const U32 = 0xffffffff

const READERS: Readonly<Record<string, Reader>> = {
  timestamp,
  ts_sec: (s, word) => {
    s.timeUs = Number(word) * 1e6 + (s.timeUs % 1e6)
    return /^\d+$/.test(word)
  },
  ts_usec: (s, word) => {
    s.timeUs = Math.floor(s.timeUs / 1e6) * 1e6 + Number(word)
    return /^\d+$/.test(word)
  },
  ts_usec1: integer('timeUs', Number.MAX_SAFE_INTEGER),
  ip_src: by('src', (word) => parseIp(word)),
  ip_dst: by('dst', (word) => parseIp(word)),
  ip_frag: fragmentKind,
  ip_fragoff: fragmentOffset,
  ip_len: integer('length', 65_535),
  ip_proto: by('proto', protoNumber),
  ip_id: integer('id', 65_535),
  ip_tos: integer('tos', 255),
  ip_dscp: (s, word) => {
    s.tos = (Number(word) << 2) | (s.tos & 3)
    return /^\d+$/.test(word) && Number(word) < 64
  },
  ip_ecn: ecn,
  ip_ttl: integer('ttl', 255),
  ip_opt: options('ipOptions', parseIpOptions),
  sport: integer('sport', 65_535),
  dport: integer('dport', 65_535),
  tcp_seq: integer('seq', U32),
  tcp_ack: integer('ack', U32),
  tcp_flags: by('flags', flagsNumber),
  tcp_window: integer('window', 65_535),
  tcp_urp: integer('urgent', 65_535),
  tcp_opt: options('tcpOptions', parseTcpOptions),
  tcp_ntopt: options('tcpOptions', parseTcpOptions),
  tcp_sack: options('tcpOptions', parseTcpOptions),
  udp_len: integer('udpLength', 65_535),
  icmp_type: icmpType,
  icmp_type_name: icmpType,
  icmp_code: icmpCode,
  icmp_code_name: icmpCode,
  icmp_flowid: integer('icmpId', 65_535),
  icmp_seq: integer('icmpSeq', 65_535),
  icmp_nextmtu: integer('icmpMtu', 65_535),
  payload: (s, word) => {
    s.payload = cpUnquote(word)
    return true
  },
  payload_len: integer('payloadLength', 65_535),
  link: by('link', direction),
  direction: by('link', direction),
  aggregate: integer('aggregate', U32),
  count: integer('count', U32),
}

/** Fields that are read after others, whatever their place in the line. */
const LATE: readonly string[] = ['icmp_code', 'icmp_code_name', 'ip_ecn', 'ts_usec']

/** Fields of a `!data` line; unknown ones, which are passed over, as null. */
export function parseFields(text: string): (string | null)[] {
  return splitSpaces(text).map((word) => fieldName(cpUnquote(word)))
}

/** What a line of words says, completed by the defaults; null: no word of it fits. */
export function parseLine(
  line: string,
  fields: readonly (string | null)[],
  defaults: Defaults,
): Summary | null {
  const words = splitSpaces(line)
  const summary = emptySummary(defaults)
  let fitted = 0
  const take = (late: boolean): void => {
    fields.forEach((field, i) => {
      const word = words[i]
      if (field === null || word === undefined || LATE.includes(field) !== late) return
      if (word === '-' || READERS[field]?.(summary, word) === true) fitted++
    })
  }
  take(false)
  take(true)
  return fitted > 0 ? summary : null
}

/** `SRC SPORT DST DPORT [PROTO]` of a `!flowid` line; null: it does not fit. */
export function parseFlow(text: string): Defaults['flow'] | null {
  const [src, sport, dst, dport, proto] = splitSpaces(text)
  const flow: Defaults['flow'] = {}
  const from = src === undefined ? null : parseIp(src)
  const to = dst === undefined ? null : parseIp(dst)
  if (from === null || to === null) return null
  flow.src = from
  flow.dst = to
  if (/^\d+$/.test(sport ?? '')) flow.sport = Number(sport)
  if (/^\d+$/.test(dport ?? '')) flow.dport = Number(dport)
  const number = proto === undefined ? null : protoNumber(proto)
  if (number !== null) flow.proto = number
  return flow
}
