// What the rated elements share: how fast packets or bytes may pass.
//
// Tokens come in at RATE, up to a burst. A rate of packets takes one for each; a rate of bytes lets
// a packet pass as soon as the account is not overdrawn, and takes its length.

import type { Arg, ConfigureContext } from '../../dataplane/element.ts'
import { arg } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'

export type Unit = 'packets' | 'bytes'

/** Default of BURST_DURATION. */
const BURST_SECONDS = 0.02

/** Bytes that a packet may overdraw a bandwidth's account: no packet is longer. */
const OVERDRAFT = 131_072

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

/** A meter as configured, of another rate perhaps. */
export function meterOf(config: RatedConfig, unit: Unit, rate: number, nowMs: number): Meter {
  const size = burstSize(config, unit)
  const seconds = config.BURST_DURATION >= 0 ? config.BURST_DURATION : BURST_SECONDS
  const burst = Math.max(1, size >= 0 ? size : Math.floor(rate * seconds))
  return new Meter(unit, rate, burst, nowMs)
}

export class Meter {
  readonly rate: number
  readonly #unit: Unit
  readonly #full: number
  #tokens: number
  #atMs: number

  constructor(unit: Unit, rate: number, burst: number, nowMs: number) {
    this.#unit = unit
    this.rate = rate
    this.#full = burst
    this.#tokens = burst
    this.#atMs = nowMs
  }

  /** May a packet pass now? */
  isOpen(nowMs: number): boolean {
    if (nowMs > this.#atMs) {
      const came = ((nowMs - this.#atMs) * this.rate) / 1000
      this.#tokens = Math.min(this.#full, this.#tokens + came)
      this.#atMs = nowMs
    }
    return this.#tokens >= this.#needed
  }

  take(p: Packet): void {
    const tokens = this.#unit === 'bytes' ? p.end - p.off : 1
    this.#tokens = Math.max(this.#tokens - tokens, -OVERDRAFT)
  }

  /**
   * When to look again; -1: never. In whole milliseconds, so that sleeping is not spinning: of
   * packets a millisecond more, which a burst makes up for.
   */
  nextMs(nowMs: number): number {
    if (this.rate === 0) return -1
    if (this.#unit === 'bytes') return nowMs + Math.ceil((-this.#tokens * 1000) / this.rate)
    return nowMs + Math.floor(((1 - this.#tokens) * 1000) / this.rate) + 1
  }

  get #needed(): number {
    return this.#unit === 'bytes' ? 0 : 1 - 1e-9
  }
}
