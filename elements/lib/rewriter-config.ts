// Configuration of rewriters: input specifications first, then keywords. Each class has its own
// keywords and defaults; some are other names of one value, and the last of them in Click's order
// of reading counts.

import { arg, type ConfigureContext } from '../../dataplane/element.ts'
import { parseAnnotation, parseArgs, parseInteger } from '../../lib/click/args.ts'
import { NAT_MAPPINGS_DEFAULT, NAT_MAPPINGS_MAX } from '../../lib/limits.ts'
import type { Timeouts } from './rewriter-flows.ts'
import { DROP_ALL, type InputSpec, namedPatterns, parseSpec } from './rewriter-spec.ts'

/** Which keywords a class has, and what its tables tell apart. */
export type Family = 'ip' | 'tcp' | 'udp' | 'address' | 'ping'

export interface RewriterPlan extends Timeouts {
  readonly family: Family
  /** IPAddrRewriter: only source addresses are mapped, whatever the destination. */
  readonly sourceOnly: boolean
  /** One an input. A handler may set others: those in force are the resource's. */
  readonly specs: readonly InputSpec[]
  /** Set the destination address annotation? */
  readonly setDst: boolean
  /** Offset of the annotation that replies get back; -1: none. */
  readonly replyAnno: number
  /** Mappings at most; of `sharedWith`, where that names an element. */
  readonly capacity: number
  readonly sharedWith: string
  /** Seconds between two removals of what has timed out; 0: only capacity removes anything. */
  readonly reapMs: number
  /** Does IPRewriter map ICMP echo, and translate ICMP errors? */
  readonly icmp: boolean
  /** Has a row who made it (version 3 of the table)? */
  readonly owned: boolean
  /** Parses an input's specification: for handlers. */
  parse(text: string, input: number): InputSpec | string
}

const UNSET = arg.seconds(-1)

/** In seconds; negative: follows another keyword. */
const KEYWORDS = {
  TIMEOUT: UNSET,
  TCP_TIMEOUT: UNSET,
  TCP_DONE_TIMEOUT: arg.seconds(240),
  TCP_NODATA_TIMEOUT: arg.seconds(300),
  TCP_GUARANTEE: UNSET,
  UDP_TIMEOUT: UNSET,
  UDP_STREAMING_TIMEOUT: UNSET,
  UDP_GUARANTEE: UNSET,
  STREAMING_TIMEOUT: UNSET,
  GUARANTEE: UNSET,
  REAP_INTERVAL: UNSET,
  REAP_TIME: UNSET,
  CAPACITY: arg.text(''),
  MAPPING_CAPACITY: arg.text(''),
  DST_ANNO: arg.bool(true),
  REPLY_ANNO: arg.anno(''),
  ICMP: arg.bool(),
  // FastClick's, for its threads.
  USE_CACHE: arg.bool(false),
  HANDLE_MIGRATION: arg.bool(false),
} as const

type Keyword = keyof typeof KEYWORDS
type Values = ReturnType<typeof parseArgs<typeof KEYWORDS>>

const COMMON: readonly Keyword[] = [
  'GUARANTEE',
  'REAP_INTERVAL',
  'REAP_TIME',
  'CAPACITY',
  'MAPPING_CAPACITY',
  'REPLY_ANNO',
  'TIMEOUT',
  'USE_CACHE',
  'HANDLE_MIGRATION',
]
const TCP_WORDS: readonly Keyword[] = [
  'TCP_TIMEOUT',
  'TCP_DONE_TIMEOUT',
  'TCP_NODATA_TIMEOUT',
  'TCP_GUARANTEE',
  'DST_ANNO',
]
const UDP_WORDS: readonly Keyword[] = ['UDP_TIMEOUT', 'UDP_STREAMING_TIMEOUT', 'UDP_GUARANTEE']

const WORDS: Readonly<Record<Family, readonly Keyword[]>> = {
  ip: [...COMMON, ...TCP_WORDS, ...UDP_WORDS, 'STREAMING_TIMEOUT', 'ICMP'],
  tcp: [...COMMON, ...TCP_WORDS],
  udp: [...COMMON, ...UDP_WORDS, 'STREAMING_TIMEOUT', 'DST_ANNO'],
  address: COMMON,
  ping: [...COMMON, 'DST_ANNO'],
}

/** Classes whose capacity can be shared. */
const REWRITERS = new Set([
  'IPRewriter',
  'TCPRewriter',
  'UDPRewriter',
  'IPAddrRewriter',
  'IPAddrPairRewriter',
  'ICMPPingRewriter',
])
export const isRewriter = (className: string) => REWRITERS.has(className)

const firstWord = (text: string) => text.split(/\s/, 1)[0]!

export interface FamilyOptions {
  readonly family: Family
  readonly sourceOnly?: boolean
  readonly owned?: boolean
}

export function configureRewriter(
  context: ConfigureContext,
  { family, sourceOnly = false, owned = true }: FamilyOptions,
): RewriterPlan {
  const isKeyword = (text: string) => (WORDS[family] as string[]).includes(firstWord(text))
  const values = parseArgs(KEYWORDS, context.args.filter(isKeyword), context)
  const texts = context.args.filter((text) => !isKeyword(text))
  if (texts.length !== context.ninputs)
    context.error(`need ${context.ninputs} arguments, one per input port`)
  const { addresses, noutputs, name: holder } = context
  const named = namedPatterns(context.elementsOf?.('IPRewriterPatterns') ?? [])
  const find = (name: string) => context.find(name)
  const parse = (text: string, turn: number) =>
    parseSpec(text, { addresses, noutputs, named, holder, turn, find })
  const specs = texts.map((text, i) => {
    const spec = parse(text, i)
    if (typeof spec !== 'string') return spec
    context.error(`input spec ${i}: ${spec}`)
    return DROP_ALL
  })
  const anno = values.REPLY_ANNO === '' ? null : parseAnnotation(values.REPLY_ANNO)
  return {
    family,
    sourceOnly,
    ...timesOf(values, family),
    specs,
    setDst: values.DST_ANNO,
    replyAnno: owned && anno !== null ? anno.offset : -1,
    ...capacityOf(values.MAPPING_CAPACITY || values.CAPACITY, context),
    reapMs: or(values.REAP_TIME, or(values.REAP_INTERVAL, 900)) * 1000,
    icmp: family === 'ip' && (values.ICMP ?? !leavesIcmp(context)),
    owned,
    parse,
  }
}

/** Are there elements that do what IPRewriter does with ICMP here and Click's does not? */
function leavesIcmp(context: ConfigureContext): boolean {
  const has = (className: string) => (context.argsOf?.(className).length ?? 0) > 0
  return has('ICMPPingRewriter') || has('ICMPRewriter')
}

function or(seconds: number, otherwise: number): number {
  return seconds < 0 ? otherwise : seconds
}

/** Timeouts are whole seconds, as in Click. */
function timesOf(v: Values, family: Family): Omit<Timeouts, 'reapMs'> {
  const ms = (seconds: number) => Math.round(seconds) * 1000
  const udpDefault = family === 'address' ? 7200 : 300
  const common = family === 'ip' || family === 'tcp' ? -1 : v.TIMEOUT
  const udp = or(common, or(v.UDP_TIMEOUT, udpDefault))
  const times = {
    tcpMs: ms(or(v.TCP_TIMEOUT, or(v.TIMEOUT, 86_400))),
    tcpDoneMs: ms(v.TCP_DONE_TIMEOUT),
    tcpNoDataMs: ms(v.TCP_NODATA_TIMEOUT),
    udpMs: ms(udp),
    udpStreamingMs: ms(or(v.STREAMING_TIMEOUT, or(v.UDP_STREAMING_TIMEOUT, udp))),
  }
  const udpGuarantee = family === 'ip' ? -1 : v.GUARANTEE
  return {
    ...times,
    shortestMs: Math.min(...Object.values(times)),
    tcpGuaranteeMs: ms(or(v.GUARANTEE, or(v.TCP_GUARANTEE, 5))),
    udpGuaranteeMs: ms(or(udpGuarantee, or(v.UDP_GUARANTEE, 5))),
  }
}

function capacityOf(
  text: string,
  context: ConfigureContext,
): { readonly capacity: number; readonly sharedWith: string } {
  const unbounded = { capacity: NAT_MAPPINGS_DEFAULT, sharedWith: '' }
  if (text === '') return unbounded
  const number = parseInteger(text)
  if (number !== null && number >= 0) {
    if (number > NAT_MAPPINGS_MAX)
      context.warning(`MAPPING_CAPACITY: ${text} is more than the ${NAT_MAPPINGS_MAX} supported`)
    return { capacity: Math.min(number, NAT_MAPPINGS_MAX), sharedWith: '' }
  }
  const other = context.find(text)
  if (other?.name === context.name) return unbounded
  if (other !== null && REWRITERS.has(other.className))
    return { capacity: 0, sharedWith: other.name }
  context.error(`bad MAPPING_CAPACITY: '${text}' is neither a number from 0 nor a rewriter`)
  return unbounded
}
