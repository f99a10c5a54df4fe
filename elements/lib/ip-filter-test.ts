// Primitives of IP patterns: 'src host 1.0.0.1', 'tcp dst port > 1023', 'ip ttl < 3', 'syn'.
//
// A primitive is qualifiers (direction, header, type), then perhaps '& MASK' and an operation,
// and a value. Nearly all of it may be left out: the value's form says the type, and the
// primitive before gives what is still missing ('src port 80 or 81').

import {
  type AddressTable,
  parseEth,
  parseInteger,
  parseIp,
  parseIpPrefix,
} from '../../lib/click/args.ts'
import { ICMP_TYPES } from './icmp-names.ts'
import { compare, FIELDS, fieldAt, type Op, protocolIs, UNFRAGMENTED } from './ip-filter-fields.ts'
import {
  ICMP,
  type Operation,
  PatternError,
  type Primitive,
  TCP,
  type Type,
  testsOf,
  UDP,
  type Value,
} from './ip-filter-make.ts'
import { IP_PROTOCOLS, PORTS, TCP_FLAGS } from './ip-names.ts'
import { type Expr, NET_BASE, TRANSPORT_BASE } from './program.ts'

const FIELD_WORDS: ReadonlySet<string> = new Set(
  Object.keys(FIELDS).filter((name) => name !== 'proto' && !name.includes(' ')),
)
/** Operation, is it negated, and by how much less the value is. */
const OPERATIONS: Readonly<Record<string, readonly [Op, boolean, number] | undefined>> = {
  '==': ['==', false, 0],
  '=': ['==', false, 0],
  '!=': ['==', true, 0],
  '>': ['>', false, 0],
  '>=': ['>', false, 1],
  '<': ['>', true, 1],
  '<=': ['>', true, 0],
}
/** Tests without a value: what is compared in the 'tos' byte. */
const ECN = fieldAt(NET_BASE, 14, 2)!

export class Primitives {
  readonly #words: readonly string[]
  readonly #addresses: AddressTable
  readonly #warn: (message: string) => void
  #at = 0
  #previous: Primitive | null = null

  constructor(words: readonly string[], addresses: AddressTable, warn: (message: string) => void) {
    this.#words = words
    this.#addresses = addresses
    this.#warn = warn
  }

  /** The primitive at a word, and the index after it. */
  parse(at: number): { expr: Expr; next: number } {
    this.#at = at
    const expr = this.#parse()
    return { expr, next: this.#at }
  }

  get #word(): string {
    return this.#words[this.#at] ?? ''
  }

  #parse(): Expr {
    const p: Primitive = { direction: null, header: null, type: null, field: null, fieldName: '' }
    const start = this.#at
    while (this.#qualifier(p));
    const flag = this.#flag()
    if (flag !== null) return flag
    if (this.#word === '[') this.#slice(p)
    const bare = this.#at
    const operation = this.#operation()
    const value = this.#value(p, operation)
    if (value === null) {
      // 'tcp' alone: the protocol. Anything else lacks its value.
      if (bare === this.#at && p.type === null && typeof p.header === 'number') {
        if (p.direction !== null) this.#warn(undirected({ ...p, type: 'proto' }))
        return this.#remember({ ...p, type: 'proto' }, protocolIs(p.header))
      }
      const text = this.#words.slice(start, this.#at + 1).join(' ')
      throw new PatternError(`partial directive '${text}'`)
    }
    return this.#resolve(p, operation, value)
  }

  #remember(p: Primitive, expr: Expr): Expr {
    this.#previous = p
    return expr
  }

  /** Takes one qualifier; false: the word is none. */
  #qualifier(p: Primitive): boolean {
    const word = this.#word
    if (word === 'src' || word === 'dst') {
      this.#direction(p, word)
      return true
    }
    if (word === 'ip' || word === 'ether' || word === 'transp') return this.#header(p, word)
    if (word === 'host' || word === 'net' || word === 'port' || word === 'proto' || word === 'opt')
      return this.#type(p, word, null)
    if (word === 'type') {
      if (p.header === null) p.header = ICMP
      return this.#type(p, 'field', 'icmp type')
    }
    if (FIELD_WORDS.has(word)) return this.#type(p, 'field', word)
    const proto = Object.hasOwn(IP_PROTOCOLS, word) ? IP_PROTOCOLS[word]! : null
    // 'ip proto tcp': there the protocol is the value.
    if (proto === null || p.type === 'proto') return false
    return this.#header(p, proto)
  }

  #direction(p: Primitive, word: 'src' | 'dst'): void {
    if (p.direction !== null) throw new PatternError(`'${word}': direction given twice`)
    const other = word === 'src' ? 'dst' : 'src'
    const joint = this.#words[this.#at + 1]
    const both = this.#words[this.#at + 2] === other
    this.#at++
    p.direction = word
    if (!both || (joint !== 'or' && joint !== '||' && joint !== 'and' && joint !== '&&')) return
    p.direction = joint === 'or' || joint === '||' ? 'either' : 'both'
    this.#at += 2
  }

  #header(p: Primitive, header: NonNullable<Primitive['header']>): boolean {
    // Two protocols in a row are two primitives: 'udp tcp' is 'udp and tcp'; so is 'tcp ip ttl 1'.
    const ended = typeof p.header === 'number' && p.type === null && header === 'ip'
    if (ended || (p.header !== null && typeof header === 'number')) return false
    if (p.header !== null) throw new PatternError(`'${this.#word}': header given twice`)
    p.header = header
    this.#at++
    return true
  }

  #type(p: Primitive, type: Type, fieldName: string | null): boolean {
    if (p.type !== null) throw new PatternError(`'${this.#word}': type given twice`)
    p.type = type
    if (p.header === 'ether' && type === 'host') p.type = 'ether'
    if (fieldName !== null) {
      p.field = FIELDS[fieldName]!
      p.fieldName = fieldName
    }
    this.#at++
    return true
  }

  /** 'frag', 'unfrag', 'ect', 'ce': whole primitives. */
  #flag(): Expr | null {
    switch (this.#word) {
      case 'frag':
        this.#at++
        return { kind: 'isnt', of: UNFRAGMENTED }
      case 'unfrag':
        this.#at++
        return UNFRAGMENTED
      case 'ect':
        this.#at++
        return { kind: 'isnt', of: compare(ECN, 3, '==', 0) }
      case 'ce':
        this.#at++
        return compare(ECN, 3, '==', 3)
      default:
        return null
    }
  }

  /** '[POS]' or '[POS:LEN]'. */
  #slice(p: Primitive): void {
    if (p.type !== null || p.header === null || p.header === 'ether')
      throw new PatternError("'[': say which header: 'ip[…]', 'transp[…]' or a protocol")
    const close = this.#words.indexOf(']', this.#at)
    const found = /^(\d+)(?::(\d+))?$/.exec(this.#words.slice(this.#at + 1, close).join(''))
    if (close < 0 || found === null)
      throw new PatternError("syntax error after '[', expected '[POS:LEN]'")
    const position = Number(found[1])
    const length = Number(found[2] ?? 1)
    const base = p.header === 'ip' ? NET_BASE : TRANSPORT_BASE
    const field = length > 0 && position < 252 ? fieldAt(base, position * 8, length * 8) : null
    if (field === null)
      throw new PatternError(`[${found[0]}]: must be within one aligned word of 4 bytes`)
    p.type = 'field'
    p.field = field
    p.fieldName = `[${found[0]}]`
    this.#at = close + 1
  }

  /** '& MASK' and the comparison. */
  #operation(): Operation {
    let mask: number | null = null
    if (this.#word === '&') {
      this.#at++
      mask = this.#maskValue()
    }
    const found = Object.hasOwn(OPERATIONS, this.#word) ? OPERATIONS[this.#word] : undefined
    const [op, negated, below] = found ?? ['==', false, 0]
    if (found !== undefined) this.#at++
    else if (mask !== null && !this.#startsValue())
      return { mask, op: '==', negated: true, below: 0 }
    return { mask, op, negated, below }
  }

  #maskValue(): number {
    const word = this.#word
    const mask = parseInteger(word) ?? parseIp(word, this.#addresses)
    if (mask === null) throw new PatternError(`'${word}' is not a mask`)
    if (mask === 0) throw new PatternError('a mask of 0 matches everything or nothing')
    this.#at++
    return mask >>> 0
  }

  #startsValue(): boolean {
    return this.#word !== '' && !/^(?:ip|ether|transp|and|&&|or|\|\||\)|\?|:)$/.test(this.#word)
  }

  /** The value; null: there is none. */
  #value(p: Primitive, operation: Operation): Value | null {
    const word = this.#word
    const missing = !this.#startsValue()
    // '& MASK' alone asks for any of its bits.
    if (missing && operation.mask !== null && operation.negated) return { kind: 'int', value: 0 }
    if (missing || /^[!([]$|^not$/.test(word)) return null
    const value = this.#readValue(p, word)
    if (value !== null) this.#at++
    if (value?.kind === 'host' && this.#word === 'mask') {
      const mask = parseIp(this.#words[this.#at + 1] ?? '', this.#addresses)
      if (mask === null) throw new PatternError(`'${this.#words[this.#at + 1]}' is not a mask`)
      this.#at += 2
      return { ...value, mask }
    }
    // A mask after an address compares what is constant: it says nothing of the packet.
    if (value?.kind === 'host' && this.#word === '&') {
      this.#operation()
      this.#at++
    }
    return value
  }

  #readValue(p: Primitive, word: string): Value | null {
    const integer = parseInteger(word)
    if (integer !== null && integer >= 0) return { kind: 'int', value: integer }
    const wantsNet = p.type === 'net'
    const addr = wantsNet ? null : parseIp(word, this.#addresses)
    if (addr !== null && p.type !== 'ether') return { kind: 'host', addr, mask: -1 }
    const eth = parseEth(word, this.#addresses)
    if (eth !== null && !wantsNet) return { kind: 'ether', eth }
    const net = parseIpPrefix(word, this.#addresses)
    if (net !== null) return { kind: 'host', ...net }
    const host = wantsNet ? parseIp(word, this.#addresses) : null
    if (host !== null) return { kind: 'host', addr: host, mask: -1 }
    const known =
      Object.hasOwn(PORTS, word) ||
      Object.hasOwn(IP_PROTOCOLS, word) ||
      Object.hasOwn(TCP_FLAGS, word) ||
      Object.hasOwn(ICMP_TYPES, word)
    if (known) return { kind: 'name', word }
    throw new PatternError(`'${word}': unknown name or value`)
  }

  /** Fills in what was left out, and makes the tests. */
  #resolve(p: Primitive, operation: Operation, value: Value): Expr {
    const previous = this.#previous
    const short = p.type === null
    p.type ??= this.#typeOf(p, value, previous)
    if (p.type === 'host' && p.header === null && value.kind === 'ether') p.type = 'ether'
    const directed =
      p.type === 'host' || p.type === 'net' || p.type === 'ether' || p.type === 'port'
    if (short && directed && previous !== null) {
      p.direction ??= previous.direction
      if (p.type === 'port' && previous.type === 'port') p.header ??= previous.header
    }
    if (p.direction !== null && !directed) this.#warn(undirected(p))
    this.#previous = p
    return testsOf(p, operation, value, this.#warn)
  }

  /** The type of a primitive that does not say it. */
  #typeOf(p: Primitive, value: Value, previous: Primitive | null): Type {
    if (value.kind === 'ether') return 'ether'
    if (value.kind === 'host') return value.mask === -1 ? 'host' : 'net'
    if (value.kind === 'name') return this.#typeOfName(p, value.word)
    const type = previous?.type ?? null
    if (type === 'field') {
      p.field = previous!.field
      p.fieldName = previous!.fieldName
      p.header ??= previous!.header
      return 'field'
    }
    if (type === 'port' || type === 'proto') return type
    throw new PatternError(`'${value.value}': specify header field or 'port'`)
  }

  #typeOfName(p: Primitive, word: string): Type {
    const header = p.header
    const may: Type[] = []
    if (Object.hasOwn(IP_PROTOCOLS, word)) may.push('proto')
    if (Object.hasOwn(PORTS, word) && (header === null || header === TCP || header === UDP))
      may.push('port')
    if (Object.hasOwn(TCP_FLAGS, word) && (header === null || header === TCP)) may.push('opt')
    if (Object.hasOwn(ICMP_TYPES, word) && (header === null || header === ICMP)) may.push('field')
    if (may.length !== 1) {
      const what = may.length === 0 ? 'meaningless here' : 'ambiguous'
      throw new PatternError(
        `'${word}' is ${what}; say 'port', 'icmp type', 'tcp opt' or 'ip proto'`,
      )
    }
    if (may[0] === 'field') {
      p.header = ICMP
      p.field = FIELDS['icmp type']!
      p.fieldName = 'icmp type'
    }
    return may[0]!
  }
}

/** What to say of a direction before something that has none, in Click's words. */
function undirected({ direction, type, fieldName, field }: Primitive): string {
  const words = { src: 'src', dst: 'dst', either: 'src or dst', both: 'src and dst' }
  const transport = field !== null && field.offset >= TRANSPORT_BASE
  let what: string = type ?? ''
  if (type === 'opt') what = 'tcp opt'
  if (type === 'field') what = `${transport ? 'tcp' : 'ip'} ${fieldName}`
  if (fieldName.startsWith('[')) what = `${transport ? 'transp' : 'ip'}[...]`
  if (fieldName === 'icmp type') what = fieldName
  return `'${words[direction ?? 'src']} ${what}': 'src' or 'dst' ignored`
}
