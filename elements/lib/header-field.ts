// Fields of IP packets as AggregateIP's argument names them: `ip src/8`, `tcp[0:2] & 0xFF`,
// `ip{96-103}`, `sport`.

/** Which protocol a field is of; any: whatever has a transport header. */
const PROTOCOLS: Readonly<Record<string, number>> = { tcp: 6, udp: 17, icmp: 1 }

export type Header = 'ip' | 'transp' | 'payload'

export interface Field {
  readonly header: Header
  /** As the configuration has it: the handler `header` shows it. */
  readonly word: string
  /** IP protocols that have it; empty: all. */
  readonly protos: readonly number[]
  /** In bits from the header's start. */
  readonly offset: number
  readonly length: number
}

type Place = readonly [offset: number, length: number]

const IP: Readonly<Record<string, Place>> = {
  vers: [0, 4],
  hl: [4, 4],
  tos: [8, 8],
  dscp: [8, 6],
  ecn: [14, 2],
  len: [16, 16],
  id: [32, 16],
  off: [48, 16],
  rf: [48, 1],
  df: [49, 1],
  mf: [50, 1],
  fragoff: [51, 13],
  ttl: [64, 8],
  proto: [72, 8],
  sum: [80, 16],
  src: [96, 32],
  dst: [128, 32],
}

const TRANSPORT: Readonly<Record<string, Readonly<Record<string, Place>>>> = {
  udp: { sport: [0, 16], dport: [16, 16], len: [32, 16], sum: [48, 16] },
  tcp: {
    sport: [0, 16],
    dport: [16, 16],
    seq: [32, 32],
    ack: [64, 32],
    hl: [96, 4],
    flags: [104, 8],
    urg: [106, 1],
    ackf: [107, 1],
    psh: [108, 1],
    rst: [109, 1],
    syn: [110, 1],
    fin: [111, 1],
    win: [112, 16],
    sum: [128, 16],
    urp: [144, 16],
  },
  icmp: { type: [0, 8], code: [8, 8], sum: [16, 16] },
}

const SHAPE =
  /^([a-z]+)\s*([a-z]+)?\s*(?:\[([^\]]*)\]|\{([^}]*)\})?\s*(?:\/\s*(\d+)|&\s*(0[xX][0-9a-fA-F]+|\d+))?$/

/** The field that a text names; a string: what is wrong with it. */
export function parseField(text: string): Field | string {
  const m = SHAPE.exec(text.trim())
  const whole = m === null ? null : namedOrRange(m)
  if (m === null || whole === null)
    return "expected 'HEADER [NAME] [{OFFSET:LENGTH}] [/PREFIX] [& MASK]'"
  const part = m[5] !== undefined ? prefixOf(whole, Number(m[5])) : maskedBy(whole, m[6])
  if (part === null) return 'bad prefix or mask in TCP/IP field'
  const fits = part.length > 0 && part.offset >> 5 === (part.offset + part.length - 1) >> 5
  return fits ? part : 'field specification does not fit within a single word'
}

function namedOrRange(m: RegExpExecArray): Field | null {
  const [, word = '', name, bytes, bits] = m
  const range =
    bytes !== undefined ? rangeOf(bytes, 8) : bits !== undefined ? rangeOf(bits, 1) : null
  if (range === null && (bytes !== undefined || bits !== undefined)) return null
  if (range !== null && name === undefined) return rangeOfHeader(word, range)
  const whole = named(word, name)
  if (range === null || whole === null) return whole
  return { ...whole, offset: whole.offset + range[0], length: range[1] }
}

function named(word: string, name: string | undefined): Field | null {
  if (name === undefined) {
    const place = word === 'sport' || word === 'dport' ? TRANSPORT.udp![word]! : null
    return place === null ? null : fieldAt('transp', 'transp', [6, 17], place)
  }
  if (word === 'ip') return fieldAt('ip', 'ip', [], IP[name])
  return fieldAt('transp', word, [PROTOCOLS[word] ?? -1], TRANSPORT[word]?.[name])
}

function rangeOfHeader(word: string, place: Place): Field | null {
  if (word === 'ip') return fieldAt('ip', word, [], place)
  if (word === 'transp') return fieldAt('transp', word, [], place)
  if (word === 'data' || word === 'payload') return fieldAt('payload', 'payload', [6, 17], place)
  const proto = PROTOCOLS[word]
  return proto === undefined ? null : fieldAt('transp', word, [proto], place)
}

function fieldAt(
  header: Header,
  word: string,
  protos: readonly number[],
  place: Place | undefined,
): Field | null {
  return place === undefined ? null : { header, word, protos, offset: place[0], length: place[1] }
}

/** `8`, `8:2`, `8,2` or `8-9`, in units of some bits. */
function rangeOf(text: string, unit: number): Place | null {
  const m = /^\s*(\d{1,5})\s*(?:([-:,])\s*(\d{1,5}))?\s*$/.exec(text)
  if (m === null) return null
  const from = Number(m[1])
  const second = Number(m[3])
  const count = m[2] === undefined ? 1 : m[2] === '-' ? second - from + 1 : second
  return [from * unit, count * unit]
}

function prefixOf(field: Field, bits: number): Field | null {
  return bits > field.length ? null : { ...field, length: bits }
}

/** The part of the field that a mask's ones lie over; they must be in one piece. */
function maskedBy(field: Field, text: string | undefined): Field | null {
  if (text === undefined) return field
  const mask = Number(text)
  if (field.length > 32 || mask <= 0 || mask >= 2 ** field.length) return null
  const m = /^(1+)(0*)$/.exec(mask.toString(2))
  if (m === null) return null
  const length = m[1]!.length
  return { ...field, offset: field.offset + field.length - m[2]!.length - length, length }
}
