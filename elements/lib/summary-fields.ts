// Names of the fields of IP summary dumps (ToIPSummaryDump documents them), and the words that
// stand for numbers in them. Old files have blanks and shorter names; both are read.

const SHORT: Readonly<Record<string, string>> = {
  src: 'ip_src',
  dst: 'ip_dst',
  frag: 'ip_frag',
  fragoff: 'ip_fragoff',
  len: 'ip_len',
  length: 'ip_len',
  proto: 'ip_proto',
  id: 'ip_id',
  tos: 'ip_tos',
  ttl: 'ip_ttl',
  seq: 'tcp_seq',
  ack: 'tcp_ack',
  flags: 'tcp_flags',
  pkt_count: 'count',
  packet_count: 'count',
  ts: 'timestamp',
  ts_sec_usec: 'timestamp',
  agg: 'aggregate',
  payload_length: 'payload_len',
  paint: 'link',
}

export const FIELDS: ReadonlySet<string> = new Set([
  'timestamp',
  'ts_sec',
  'ts_usec',
  'ts_usec1',
  'ip_src',
  'ip_dst',
  'ip_frag',
  'ip_fragoff',
  'ip_len',
  'ip_proto',
  'ip_hl',
  'ip_id',
  'ip_tos',
  'ip_dscp',
  'ip_ecn',
  'ip_ttl',
  'ip_sum',
  'ip_opt',
  'sport',
  'dport',
  'tcp_seq',
  'tcp_ack',
  'tcp_off',
  'tcp_flags',
  'tcp_opt',
  'tcp_ntopt',
  'tcp_sack',
  'tcp_window',
  'tcp_urp',
  'udp_len',
  'icmp_type',
  'icmp_code',
  'icmp_type_name',
  'icmp_code_name',
  'icmp_flowid',
  'icmp_seq',
  'icmp_nextmtu',
  'payload',
  'payload_len',
  'payload_md5',
  'payload_md5_hex',
  'ip_capture_len',
  'count',
  'direction',
  'link',
  'aggregate',
  'first_timestamp',
  'eth_src',
  'eth_dst',
  'wire_len',
])

/** The field's own name; null: there is no such field. */
export function fieldName(word: string): string | null {
  const name = word.toLowerCase().replaceAll(/[ -]/g, '_')
  const full = Object.hasOwn(SHORT, name) ? SHORT[name]! : name
  return FIELDS.has(full) ? full : null
}

/** Letters of IP protocols. */
const PROTO_LETTERS: Readonly<Record<string, number>> = { I: 1, T: 6, U: 17 }

const PROTO_NAMES: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, sctp: 132 }

/** A protocol by letter, name or number; null: none. */
export function protoNumber(word: string): number | null {
  if (Object.hasOwn(PROTO_LETTERS, word)) return PROTO_LETTERS[word]!
  if (Object.hasOwn(PROTO_NAMES, word.toLowerCase())) return PROTO_NAMES[word.toLowerCase()]!
  return /^\d{1,3}$/.test(word) && Number(word) < 256 ? Number(word) : null
}

export function protoText(proto: number): string {
  const letter = Object.entries(PROTO_LETTERS).find(([, value]) => value === proto)
  return letter?.[0] ?? String(proto)
}

/** TCP flags, lowest bit first: FIN SYN RST PSH ACK URG ECE CWR NS. */
const FLAGS = 'FSRPAUECN'

export function flagsText(flags: number): string {
  if (flags === 0) return '.'
  let text = ''
  for (let bit = 0; bit < FLAGS.length; bit++) if ((flags >> bit) & 1) text += FLAGS[bit]
  return text
}

export function flagsNumber(word: string): number | null {
  if (word === '.') return 0
  if (/^\d+$/.test(word)) return Number(word)
  let flags = 0
  for (const c of word.replaceAll('W', 'C').replaceAll('X', 'E').replaceAll('Y', 'C')) {
    const bit = FLAGS.indexOf(c)
    if (bit < 0) return null
    flags |= 1 << bit
  }
  return flags
}

export const ECN: readonly string[] = ['no', 'ect2', 'ect1', 'ce']
