// The fields of IP summary dumps (ToIPSummaryDump documents them): names, how many bytes each has in
// a binary dump, and in which order a packet is built from them.

import { cpUnquote, splitSpaces } from '../../lib/click/args.ts'

/** A byte with the length, and then the data. */
export const VARIABLE = -1
/** Not in binary dumps. */
export const TEXT_ONLY = -2

/**
 * Bytes in a binary dump, and the order of building: annotations, link, network and transport
 * header, payload; what others depend on before them.
 */
const FIELDS: Readonly<Record<string, readonly [bytes: number, order: number]>> = {
  timestamp: [8, 100],
  ntimestamp: [8, 100],
  ts_sec: [4, 100],
  ts_usec: [4, 100],
  ts_usec1: [8, 100],
  first_timestamp: [8, 100],
  first_ntimestamp: [8, 100],
  count: [4, 100],
  link: [1, 100],
  paint: [1, 100],
  direction: [1, 100],
  aggregate: [4, 100],
  wire_len: [4, 100],
  eth_src: [6, 200],
  eth_dst: [6, 200],
  eth_type: [2, 200],
  ip_frag: [1, 298],
  ip_fragoff: [2, 299],
  ip_hl: [1, 299],
  ip_src: [4, 300],
  ip_dst: [4, 300],
  ip_tos: [1, 300],
  ip_dscp: [1, 300],
  ip_ecn: [1, 300],
  ip_ttl: [1, 300],
  ip_id: [2, 300],
  ip_proto: [1, 300],
  ip_opt: [VARIABLE, 300],
  ip_len: [4, 301],
  ip_sum: [2, 302],
  tcp_off: [1, 399],
  sport: [2, 400],
  dport: [2, 400],
  tcp_seq: [4, 400],
  tcp_ack: [4, 400],
  tcp_flags: [1, 400],
  tcp_window: [2, 400],
  tcp_urp: [2, 400],
  udp_len: [4, 400],
  icmp_type: [1, 400],
  icmp_type_name: [1, 400],
  icmp_code: [1, 401],
  icmp_code_name: [1, 401],
  tcp_sack: [VARIABLE, 401],
  icmp_flowid: [2, 402],
  icmp_seq: [2, 402],
  icmp_nextmtu: [2, 402],
  tcp_ntopt: [VARIABLE, 402],
  tcp_opt: [VARIABLE, 403],
  payload: [TEXT_ONLY, 500],
  payload_len: [4, 501],
  payload_md5: [16, 501],
  payload_md5_hex: [16, 501],
  ip_capture_len: [4, 502],
}

const SHORT: Readonly<Record<string, string>> = {
  ts: 'timestamp',
  utimestamp: 'timestamp',
  sec: 'ts_sec',
  usec: 'ts_usec',
  usec1: 'ts_usec1',
  first_ts: 'first_timestamp',
  first_utimestamp: 'first_timestamp',
  pkt_count: 'count',
  packet_count: 'count',
  agg: 'aggregate',
  wire_length: 'wire_len',
  ether_src: 'eth_src',
  ether_dst: 'eth_dst',
  ether_type: 'eth_type',
  length: 'ip_len',
  ip_p: 'ip_proto',
  payload_length: 'payload_len',
  tcp_seqno: 'tcp_seq',
  tcp_ackno: 'tcp_ack',
  tcp_win: 'tcp_window',
}

/** The field's own name; null: there is no such field. Blanks stand for underscores. */
export function fieldName(word: string): string | null {
  const name = word.replaceAll(' ', '_')
  for (const candidate of [name, `ip_${name}`]) {
    const full = Object.hasOwn(SHORT, candidate) ? SHORT[candidate]! : candidate
    if (Object.hasOwn(FIELDS, full)) return full
  }
  return null
}

/** Fields of a list of names; unknown ones are passed over, as null. */
export function parseFields(
  text: string,
): { readonly word: string; readonly name: string | null }[] {
  return splitSpaces(text).map((quoted) => {
    const word = cpUnquote(quoted)
    return { word, name: fieldName(word) }
  })
}

export function fieldBytes(name: string): number {
  return FIELDS[name]![0]
}

export function fieldOrder(name: string): number {
  return FIELDS[name]![1]
}

/** Letters of IP protocols. */
const PROTO_LETTERS: Readonly<Record<string, number>> = { I: 1, T: 6, U: 17 }

/** A protocol by letter or number; null: none. */
export function protoNumber(word: string): number | null {
  if (Object.hasOwn(PROTO_LETTERS, word)) return PROTO_LETTERS[word]!
  return /^\d{1,3}$/.test(word) && Number(word) < 256 ? Number(word) : null
}

export function protoText(proto: number): string {
  if (proto === 6) return 'T'
  if (proto === 17) return 'U'
  return proto === 1 ? 'I' : String(proto)
}

/** TCP flags, lowest bit first: FIN SYN RST PSH ACK URG ECE CWR NS. */
const FLAGS = 'FSRPAUECN'

export function flagsText(flags: number): string {
  if (flags === 0) return '.'
  let text = ''
  for (let bit = 0; bit < FLAGS.length; bit++) if ((flags >> bit) & 1) text += FLAGS[bit]
  return text
}

/** Flags by letters (W, X and Y are of old dumps) or as a number; null: neither. */
export function flagsNumber(word: string): number | null {
  if (word === '.') return 0
  if (/^\d+$/.test(word)) return Number(word) & 0x1ff
  let flags = 0
  for (const c of word.replaceAll('W', 'C').replaceAll('X', 'E').replaceAll('Y', 'C')) {
    const bit = FLAGS.indexOf(c)
    if (bit < 0) return null
    flags |= 1 << bit
  }
  return flags
}

export const ECN: readonly string[] = ['no', 'ect1', 'ect2', 'ce']

/** Words that old dumps have for the same. */
export function ecnNumber(word: string): number | null {
  const old = ['', 'ECT(1)', 'ECT(0)', 'CE'].indexOf(word)
  if (word !== '' && old > 0) return old
  if (/^[0-3]$/.test(word)) return Number(word)
  const value = ECN.indexOf(word)
  return value < 0 ? null : value
}
