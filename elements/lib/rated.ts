// What the rated elements share: how fast packets or bytes may pass.
//
// Tokens come in at RATE, up to a burst. A rate of packets takes one for each. A rate of bytes lets a
// packet pass as soon as the account is not overdrawn, and takes its length: the bucket then holds an
// overdraft besides the burst.

import { cell } from '../../dataplane/declare.ts'
import { type Arg, arg, type ConfigureContext } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { parseBandwidth, parseInteger } from '../../lib/click/args.ts'
import { BUCKET, type Bucket, TokenRate } from './token-bucket.ts'

export type Unit = 'packets' | 'bytes'

/** Default of BURST_DURATION. */
const BURST_SECONDS = 0.02

/** Bytes that a packet may overdraw a bandwidth's account: no packet is longer. */
const OVERDRAFT = 131_072

/** The account of a rated element. */
export function bucketState() {
  return { bucket: cell({ version: 1, scope: 'shared', merge: 'last_writer', row: BUCKET }) }
}

/** RATE, and how much unused rate is saved up: the last keyword's name says of what. */
export function ratedConfig(unit: Unit) {
  const config: { RATE: Arg<number>; BURST_DURATION: Arg<number> } = {
    RATE: rateArg(unit),
    BURST_DURATION: arg.seconds(-1),
  }
  return { ...config, [burstKeyword(unit)]: arg.int(-1) }
}

export function rateArg(unit: Unit): Arg<number> {
  return unit === 'bytes' ? arg.bandwidth().at().must() : arg.count().at().must()
}

function burstKeyword(unit: Unit): string {
  return unit === 'bytes' ? 'BURST_BYTES' : 'BURST_SIZE'
}

interface RatedConfig {
  readonly RATE: number
  readonly BURST_DURATION: number
}

/** Complains where both ways to say the burst are used. */
export function checkBurst(config: RatedConfig, unit: Unit, context: ConfigureContext): void {
  if (burstSize(config, unit) >= 0 && config.BURST_DURATION >= 0)
    context.error(`cannot specify both BURST_DURATION and ${burstKeyword(unit)}`)
}

function burstSize(config: RatedConfig, unit: Unit): number {
  return (config as unknown as Record<string, number>)[burstKeyword(unit)]!
}

/** A rate with the burst as configured. */
export function rateOf(config: RatedConfig, unit: Unit, rate: number): TokenRate {
  const size = burstSize(config, unit)
  const seconds = config.BURST_DURATION >= 0 ? config.BURST_DURATION : BURST_SECONDS
  const burst = size >= 0 ? size : Math.floor(rate * seconds)
  return new TokenRate(rate, unit === 'bytes' ? burst + OVERDRAFT : Math.max(1, burst))
}

/** Tokens that must be there for a packet to pass. */
export function needed(unit: Unit): number {
  return unit === 'bytes' ? OVERDRAFT : 1
}

/** Tokens that a packet takes. */
export function tokensOf(unit: Unit, p: Packet): number {
  return unit === 'bytes' ? p.end - p.off : 1
}

interface Rated {
  readonly config: RatedConfig
  readonly resource: { rate: TokenRate }
  readonly state: { readonly bucket: Bucket }
}

/** Another rate from here on, with as many tokens. */
export function setRate(self: Rated, unit: Unit, value: string): void {
  const old = self.resource.rate
  self.resource.rate = rateOf(self.config, unit, parseRate(unit, value))
  self.resource.rate.adjust(self.state.bucket, old)
}

export function parseRate(unit: Unit, value: string): number {
  const rate = (unit === 'bytes' ? parseBandwidth : parseInteger)(value.trim())
  if (rate === null || rate < 0) throw new Error('bad rate')
  return rate
}

/** Packets a second, or a bandwidth with its unit. */
export function rateText(unit: Unit, rate: number): string {
  if (unit === 'packets') return String(rate)
  const bits = rate * 8
  if (bits >= 1e9) return `${bits / 1e9}Gbps`
  return bits >= 1e6 ? `${bits / 1e6}Mbps` : `${bits / 1e3}kbps`
}
