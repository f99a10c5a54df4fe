// What a primitive of an IP pattern becomes, once it is known what it is: word tests.

import { ICMP_TYPES } from './icmp-names.ts'
import {
  compare,
  DADDR,
  DPORT,
  etherIs,
  FIELDS,
  FIRST_FRAGMENT,
  type Field,
  fieldMax,
  type Op,
  protocolIs,
  SADDR,
  SPORT,
} from './ip-filter-fields.ts'
import { IP_PROTOCOLS, PORTS, TCP_FLAGS } from './ip-names.ts'
import { and, type Expr, or, TRANSPORT_BASE, test } from './program.ts'

/** What is wrong with a pattern. */
export class PatternError extends Error {}

export const TCP = 6
export const UDP = 17
export const ICMP = 1

export type Direction = 'src' | 'dst' | 'either' | 'both'
/** Type words. 'field' stands for those of FIELDS, and for 'ip[…]'. */
export type Type = 'host' | 'net' | 'ether' | 'port' | 'proto' | 'opt' | 'field'

export interface Primitive {
  direction: Direction | null
  /** 'ip', 'ether', 'transp', or a protocol's number; null: not said. */
  header: 'ip' | 'ether' | 'transp' | number | null
  type: Type | null
  field: Field | null
  fieldName: string
}

export interface Operation {
  readonly mask: number | null
  readonly op: Op
  readonly negated: boolean
  /** The value that is compared is less by so much: '>= 5' is '> 4'. */
  readonly below: number
}

/** A value and what it can be taken for. */
export type Value =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'host'; readonly addr: number; readonly mask: number }
  | { readonly kind: 'ether'; readonly eth: Uint8Array }
  | { readonly kind: 'name'; readonly word: string }

/** The tests of a primitive whose type is known. A relation that says nothing is told to `warn`. */
export function testsOf(
  p: Primitive,
  operation: Operation,
  value: Value,
  warn: (message: string) => void,
): Expr {
  const idle = idleRelation(p, operation, value)
  if (idle !== null) warn(idle)
  switch (p.type) {
    case 'ether':
      return etherTest(p, operation, value)
    case 'port':
      return portTest(p, operation, numberOf(value, PORTS, 'port', bound(operation, 0xffff)))
    case 'proto':
      return compared(FIELDS.proto!, operation, numberOf(value, IP_PROTOCOLS, 'protocol', 255))
    case 'opt':
      return optTest(p, operation, value)
    case 'field':
      return fieldTest(p, operation, value)
    default:
      return hostTest(p, operation, value)
  }
}

function numberOf(
  value: Value,
  names: Readonly<Record<string, number>>,
  what: string,
  max: number,
): number {
  const found =
    value.kind === 'int' ? value.value : value.kind === 'name' ? (names[value.word] ?? -1) : -1
  if (found < 0) throw new PatternError(`bad ${what}`)
  if (found > max) throw new PatternError(`${what} ${found} out of range, bound ${max}`)
  return found
}

/** Only what is to be equal must be a value that the field can have. */
function bound({ op }: Operation, max: number): number {
  return op === '==' ? max : 0xffff_ffff
}

/** What to say of a relation that holds for every value that there is, or for none. */
function idleRelation(p: Primitive, operation: Operation, value: Value): string | null {
  const { op, negated, below } = operation
  const field = p.type === 'port' ? SPORT : p.type === 'proto' ? FIELDS.proto! : p.field
  if (op === '==' || field === null || value.kind !== 'int') return null
  const range = operation.mask ?? fieldMax(field)
  const over = value.value - below
  if (over >= 0 && over < range) return null
  const word = negated ? (below === 1 ? '<' : '<=') : below === 1 ? '>=' : '>'
  const holds = over < 0 !== negated
  return `relation '${word} ${value.value}' is always ${holds} (range 0-${range})`
}

/** A field compared as the operation says. */
function compared(field: Field, { mask, op, negated, below }: Operation, value: number): Expr {
  const max = fieldMax(field)
  if (mask !== null && mask > max) throw new PatternError(`mask ${mask} out of range, bound ${max}`)
  const expr = compare(field, mask ?? max, op, value - below)
  return negated ? { kind: 'isnt', of: expr } : expr
}

function directions<T>(p: Primitive, src: T, dst: T): T[] {
  if (p.direction === 'src') return [src]
  return p.direction === 'dst' ? [dst] : [src, dst]
}

/** Joins the tests of source and destination; a negative one is of both together. */
function joined(p: Primitive, operation: Operation, tests: Expr[]): Expr {
  const expr = p.direction === 'both' ? and(...tests) : or(...tests)
  return operation.negated ? { kind: 'isnt', of: expr } : expr
}

function hostTest(p: Primitive, operation: Operation, value: Value): Expr {
  if (value.kind !== 'host') throw new PatternError(`'${p.type}' needs an IP address`)
  if (p.header !== null && p.header !== 'ip')
    throw new PatternError(`'${p.type}' is of the IP header`)
  if (operation.op !== '==')
    throw new PatternError("addresses can only be compared with '==' or '!='")
  const mask = operation.mask === null ? value.mask : operation.mask & value.mask
  const tests = directions(p, SADDR, DADDR).map((f) => test(f.offset, mask, value.addr & mask))
  return joined(p, operation, tests)
}

function etherTest(p: Primitive, operation: Operation, value: Value): Expr {
  if (value.kind !== 'ether') throw new PatternError("'ether host' needs an Ethernet address")
  if (operation.op !== '==' || operation.mask !== null)
    throw new PatternError("Ethernet addresses can only be compared with '==' or '!='")
  return joined(
    p,
    operation,
    directions(p, 6, 0).map((at) => etherIs(at, value.eth)),
  )
}

/** The protocols that a primitive of the transport header is about. */
function protocolTest(header: Primitive['header'], allowed: readonly number[], what: string): Expr {
  if (header === null || header === 'transp' || header === 'ip')
    return or(...allowed.map(protocolIs))
  if (typeof header !== 'number' || !allowed.includes(header))
    throw new PatternError(`'${what}' is not of this protocol`)
  return protocolIs(header)
}

function portTest(p: Primitive, operation: Operation, port: number): Expr {
  const positive = { ...operation, negated: false }
  const tests =
    p.direction === 'both' && operation.op === '=='
      ? [bothPorts(operation.mask ?? 0xffff, port)]
      : directions(p, SPORT, DPORT).map((f) => compared(f, positive, port))
  return and(
    protocolTest(p.header, [TCP, UDP], 'port'),
    FIRST_FRAGMENT,
    joined(p, operation, tests),
  )
}

/** Both ports are one word: a packet that ends between them matches neither this nor its negative. */
function bothPorts(mask: number, port: number): Expr {
  if (mask > 0xffff) throw new PatternError(`mask ${mask} out of range, bound 65535`)
  const half = port & mask
  return test(TRANSPORT_BASE, (mask << 16) | mask, (half << 16) | half)
}

function optTest(p: Primitive, operation: Operation, value: Value): Expr {
  if (operation.negated || operation.op !== '==' || operation.mask !== null)
    throw new PatternError("'tcp opt' takes no operation; say 'not syn'")
  const flags = numberOf(value, TCP_FLAGS, 'TCP option', 63)
  return and(
    protocolTest(p.header, [TCP], 'opt'),
    FIRST_FRAGMENT,
    test(TRANSPORT_BASE + 12, flags << 16, flags << 16),
  )
}

function fieldTest(p: Primitive, operation: Operation, value: Value): Expr {
  const field = p.field!
  const names = p.fieldName === 'icmp type' ? ICMP_TYPES : {}
  const max = bound(operation, fieldMax(field))
  const expr = compared(field, operation, numberOf(value, names, p.fieldName, max))
  if (field.offset < TRANSPORT_BASE) {
    if (typeof p.header === 'number') throw new PatternError(`'${p.fieldName}' is of the IP header`)
    return expr
  }
  if (p.fieldName === 'win') return and(protocolTest(p.header, [TCP], 'win'), FIRST_FRAGMENT, expr)
  if (p.fieldName === 'icmp type')
    return and(protocolTest(p.header, [ICMP], 'icmp type'), FIRST_FRAGMENT, expr)
  // 'transp[…]' is of any protocol.
  if (typeof p.header !== 'number') return and(FIRST_FRAGMENT, expr)
  return and(protocolIs(p.header), FIRST_FRAGMENT, expr)
}
