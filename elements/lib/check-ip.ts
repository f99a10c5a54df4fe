// CheckIPHeader and CheckIPHeader2: one element, with another default for CHECKSUM. IPInputCombo
// makes the same checks.

import {
  type AnyElement,
  type Arg,
  arg,
  type ConfigureContext,
  element,
} from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { parseInteger, parseIp, parseIpPrefix } from '../../lib/click/args.ts'
import { readIp } from './arp.ts'
import { bad, details } from './bad-packets.ts'
import { fold, sumHeader, sumHeaderWords, sumWords } from './checksum.ts'
import { parseIpList } from './text.ts'

const REASONS = {
  too_short: 'tiny packet',
  bad_version: 'bad IP version',
  bad_header_length: 'bad IP header length',
  bad_length: 'bad IP length',
  bad_checksum: 'bad IP checksum',
  bad_source: 'bad source address',
} as const
type Reason = keyof typeof REASONS

/** Which source addresses are bad, and destinations that they may send to nevertheless. */
export interface SourceRules {
  readonly badSources: Int32Array
  readonly goodDestinations: Int32Array
}

/** Keywords that say it. */
export const SOURCE_KEYWORDS: Readonly<Record<'BADSRC' | 'GOODDST' | 'INTERFACES', Arg<string>>> = {
  BADSRC: arg.text(''),
  GOODDST: arg.text(''),
  INTERFACES: arg.text(''),
}

interface SourceConfig {
  readonly BADSRC: string
  readonly GOODDST: string
  readonly INTERFACES: string
}

/** @param old addresses of the old syntax's first argument; null: not given */
export function sourceRules(
  config: SourceConfig,
  old: readonly number[] | null,
  context: ConfigureContext,
): SourceRules {
  const bads = list('BADSRC', config.BADSRC, context)
  const goods = list('GOODDST', config.GOODDST, context)
  if (old !== null) bads.push(...old, 0, -1)
  for (const word of config.INTERFACES.split(/\s+/)) {
    if (word === '') continue
    const host = parseIp(word, context.addresses)
    const net = host === null ? parseIpPrefix(word, context.addresses) : { addr: host, mask: -1 }
    if (net === null) {
      context.error(`INTERFACES: '${word}' is not an address with prefix`)
      continue
    }
    bads.push(net.addr | ~net.mask, 0, -1)
    goods.push(net.addr)
  }
  return {
    badSources: Int32Array.from(new Set(bads)),
    goodDestinations: Int32Array.from(new Set(goods)),
  }
}

/** What is wrong with the header at `n`; null: nothing. */
export function ipHeaderProblem(
  p: Packet,
  n: number,
  checksum: boolean,
  rules: SourceRules,
): Reason | null {
  const m = p.mem
  const there = p.end - n
  if (there < 20) return 'too_short'
  const first = m[n]!
  if (first >> 4 !== 4) return 'bad_version'
  const hl = (first & 15) << 2
  if (hl < 20) return 'bad_header_length'
  const length = (m[n + 2]! << 8) | m[n + 3]!
  if (length < hl || length > there) return 'bad_length'
  if (checksum && !checksumFits(p, n, hl)) return 'bad_checksum'
  const { badSources } = rules
  if (badSources.length === 0 || !isOf(badSources, readIp(m, n + 12))) return null
  return isOf(rules.goodDestinations, readIp(m, n + 16)) ? null : 'bad_source'
}

/** Annotates a packet whose header at `n` is right, and cuts off what Ethernet padded. */
export function acceptIp(p: Packet, n: number): void {
  const m = p.mem
  p.net = n
  p.transport = n + ((m[n]! & 15) << 2)
  p.dst = readIp(m, n + 16)
  p.end = n + ((m[n + 2]! << 8) | m[n + 3]!)
}

export function makeCheckIPHeader(name: string, checksumDefault: boolean): AnyElement {
  return element({
    name,
    ports: '1/1-2',
    processing: 'a/ah',
    config: {
      OFFSET: arg.text('0').at(),
      // The old syntax has bad source addresses first, and the offset second.
      OFFSET2: arg.text('0').at(),
      CHECKSUM: arg.bool(checksumDefault),
      VERBOSE: arg.bool(false),
      DETAILS: arg.bool(false),
      ...SOURCE_KEYWORDS,
    },
    counters: { drops: 'packets with a bad IP header', ...REASONS },

    configure(config, context): SourceRules & { readonly offset: number } {
      const modern = parseInteger(config.OFFSET)
      const old = modern === null ? parseIpList(config.OFFSET, context.addresses) : null
      const offset = modern ?? parseInteger(config.OFFSET2)
      if (modern === null && old === null)
        context.error(`OFFSET: '${config.OFFSET}' is neither an offset nor a list of IP addresses`)
      if (modern !== null && config.OFFSET2 !== '0') context.error('too many arguments')
      if (offset === null || offset < 0)
        context.error(`OFFSET: '${config.OFFSET2}' is not an unsigned integer`)
      return { offset: offset ?? 0, ...sourceRules(config, old, context) }
    },

    route(self, p) {
      const n = p.off + self.plan.offset
      const problem = ipHeaderProblem(p, n, self.config.CHECKSUM, self.plan)
      if (problem !== null)
        return bad(self, `${self.name}: `, 'IP header', problem, REASONS[problem])
      acceptIp(p, n)
      return 0
    },

    handlers: {
      drop_details: { read: (self) => details(self, REASONS) },
    },
  })
}

/** These lists are a few addresses: a loop over them is a fifth of a look-up in a Set. */
function isOf(list: Int32Array, addr: number): boolean {
  for (let i = 0; i < list.length; i++) if (list[i] === addr) return true
  return false
}

function list(keyword: string, text: string, context: ConfigureContext): number[] {
  const addresses = parseIpList(text, context.addresses)
  if (addresses === null) context.error(`${keyword}: '${text}' is not a list of IP addresses`)
  return addresses ?? []
}

/** The sum over a header with its checksum field is all ones. */
function checksumFits(p: Packet, n: number, hl: number): boolean {
  if (hl === 20 && (n & 1) === 0) return fold(sumHeaderWords(p.words, n >> 1)) === 0xffff
  const sum = sumHeader(p.mem, n)
  return fold(hl === 20 ? sum : sumWords(p.mem, n + 20, hl - 20, sum)) === 0xffff
}
