// IPRewriter's configuration: input specifications first, then keywords.

import { arg, type ConfigureContext } from '../../dataplane/element.ts'
import { parseArgs } from '../../lib/click/args.ts'
import { NAT_MAPPINGS_MAX } from '../../lib/limits.ts'
import type { Timeouts } from './rewriter-flows.ts'
import { DROPPED, type InputSpec, namedPatterns, parseSpec, UNCHANGED } from './rewriter-spec.ts'

export interface RewriterPlan extends Timeouts {
  /** One an input. */
  readonly specs: readonly InputSpec[]
  readonly setDst: boolean
  /** Mappings at most. */
  readonly capacity: number
}

/** Seconds where not said otherwise; negative: follows another keyword. */
const KEYWORDS = {
  TCP_TIMEOUT: arg.seconds(86_400),
  TCP_DONE_TIMEOUT: arg.seconds(240),
  TCP_NODATA_TIMEOUT: arg.seconds(300),
  TCP_GUARANTEE: arg.seconds(-1),
  UDP_TIMEOUT: arg.seconds(-1),
  UDP_STREAMING_TIMEOUT: arg.seconds(-1),
  UDP_GUARANTEE: arg.seconds(-1),
  TIMEOUT: arg.seconds(300),
  STREAMING_TIMEOUT: arg.seconds(-1),
  GUARANTEE: arg.seconds(5),
  REAP_INTERVAL: arg.seconds(900),
  MAPPING_CAPACITY: arg.text(String(NAT_MAPPINGS_MAX)),
  DST_ANNO: arg.bool(true),
} as const

const isKeyword = (text: string) => Object.hasOwn(KEYWORDS, text.split(/\s/, 1)[0]!)

export function configureRewriter(context: ConfigureContext): RewriterPlan {
  const config = parseArgs(KEYWORDS, context.args.filter(isKeyword), context)
  const specTexts = context.args.filter((text) => !isKeyword(text))
  if (specTexts.length !== context.ninputs)
    context.error(
      `${specTexts.length} input specifications for ${context.ninputs} inputs: give one an input`,
    )
  const patterns = namedPatterns(context.argsOf?.('IPRewriterPatterns') ?? [])
  const specs = specTexts.map((text, i): InputSpec => {
    const { addresses, noutputs } = context
    const find = (name: string) => context.find(name)
    const spec = parseSpec(text, { addresses, noutputs, patterns, find })
    if (typeof spec !== 'string') return spec
    context.error(`input spec ${i}: ${spec}`)
    return { kind: DROPPED, forward: -1, reply: -1, pattern: UNCHANGED }
  })
  const or = (seconds: number, otherwise: number) => (seconds < 0 ? otherwise : seconds)
  const udp = or(config.UDP_TIMEOUT, config.TIMEOUT)
  const streaming = or(config.UDP_STREAMING_TIMEOUT, or(config.STREAMING_TIMEOUT, udp))
  const times = {
    tcpMs: config.TCP_TIMEOUT * 1000,
    tcpDoneMs: config.TCP_DONE_TIMEOUT * 1000,
    tcpNoDataMs: config.TCP_NODATA_TIMEOUT * 1000,
    udpMs: udp * 1000,
    udpStreamingMs: streaming * 1000,
  }
  return {
    ...times,
    shortestMs: Math.min(...Object.values(times)),
    tcpGuaranteeMs: or(config.TCP_GUARANTEE, config.GUARANTEE) * 1000,
    udpGuaranteeMs: or(config.UDP_GUARANTEE, config.GUARANTEE) * 1000,
    specs,
    setDst: config.DST_ANNO,
    capacity: capacityOf(config.MAPPING_CAPACITY, context),
  }
}

function capacityOf(text: string, context: ConfigureContext): number {
  const capacity = /^\d+$/.test(text) ? Number(text) : 0
  if (capacity > NAT_MAPPINGS_MAX)
    context.warning(`MAPPING_CAPACITY: ${text} is more than the ${NAT_MAPPINGS_MAX} supported`)
  if (capacity > 0) return Math.min(capacity, NAT_MAPPINGS_MAX)
  const shared = context.find(text) !== null
  context.error(
    shared
      ? `MAPPING_CAPACITY: a capacity shared with '${text}' is not supported, give a number`
      : `MAPPING_CAPACITY: '${text}' is not a number from 1`,
  )
  return NAT_MAPPINGS_MAX
}
