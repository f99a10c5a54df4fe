// CheckIPHeader and CheckIPHeader2: one element, with another default for CHECKSUM.

import { type AnyElement, arg, type ConfigureContext, element } from '../../dataplane/element.ts'
import { parseInteger, parseIpPrefix } from '../../lib/click/args.ts'
import { bad, details } from './bad-packets.ts'
import { fold, sumHeader, sumWords } from './checksum.ts'
import { parseIpList } from './text.ts'

const REASONS = {
  too_short: 'not enough bytes for an IP header',
  bad_version: 'bad IP version',
  bad_header_length: 'bad IP header length',
  bad_length: 'bad IP length',
  bad_checksum: 'bad IP checksum',
  bad_source: 'bad source address',
} as const

interface Plan {
  readonly offset: number
  readonly checksum: boolean
  readonly checkSource: boolean
  readonly badSources: Int32Array
  readonly goodDestinations: Int32Array
}

export function makeCheckIPHeader(name: string, checksumDefault: boolean): AnyElement {
  return element({
    name,
    ports: '1/1-2',
    processing: 'a/ah',
    config: {
      OFFSET: arg.text('0').at(),
      BADSRC: arg.text(''),
      GOODDST: arg.text(''),
      INTERFACES: arg.text(''),
      CHECKSUM: arg.bool(checksumDefault),
      VERBOSE: arg.bool(false),
      DETAILS: arg.bool(false),
    },
    counters: { drops: 'packets with a bad IP header', ...REASONS },

    configure(config, context): Plan {
      let offset = parseInteger(config.OFFSET)
      const old = offset === null ? parseIpList(config.OFFSET, context.addresses) : null
      if (offset === null && old === null)
        context.error(`OFFSET: '${config.OFFSET}' is neither an offset nor a list of IP addresses`)
      offset ??= 0
      if (offset < 0) context.error(`OFFSET: ${offset} must be 0 or more`)
      const bads = [
        ...list('BADSRC', config.BADSRC, context),
        ...(old === null ? [] : [...old, 0, -1]),
      ]
      const goods = list('GOODDST', config.GOODDST, context)
      for (const word of config.INTERFACES.split(/\s+/)) {
        const net = word === '' ? undefined : parseIpPrefix(word, context.addresses)
        if (net === null) context.error(`INTERFACES: '${word}' is not an address with prefix`)
        if (net == null) continue
        bads.push(net.addr | ~net.mask, 0, -1)
        goods.push(net.addr)
      }
      return {
        offset,
        checksum: config.CHECKSUM,
        checkSource: bads.length > 0,
        badSources: Int32Array.from(new Set(bads)),
        goodDestinations: Int32Array.from(new Set(goods)),
      }
    },

    route(self, p) {
      const plan = self.plan
      const m = p.mem
      const n = p.off + plan.offset
      const there = p.end - n
      if (there < 20) return bad(self, 'IP header', 'too_short', REASONS.too_short)
      const first = m[n]!
      if (first >> 4 !== 4) return bad(self, 'IP header', 'bad_version', REASONS.bad_version)
      const hl = (first & 15) << 2
      if (hl < 20) return bad(self, 'IP header', 'bad_header_length', REASONS.bad_header_length)
      const length = (m[n + 2]! << 8) | m[n + 3]!
      if (length < hl || length > there)
        return bad(self, 'IP header', 'bad_length', REASONS.bad_length)
      if (plan.checksum && !checksumFits(m, n, hl))
        return bad(self, 'IP header', 'bad_checksum', REASONS.bad_checksum)
      const dst = (m[n + 16]! << 24) | (m[n + 17]! << 16) | (m[n + 18]! << 8) | m[n + 19]!
      if (plan.checkSource) {
        const src = (m[n + 12]! << 24) | (m[n + 13]! << 16) | (m[n + 14]! << 8) | m[n + 15]!
        if (isOf(plan.badSources, src) && !isOf(plan.goodDestinations, dst))
          return bad(self, 'IP header', 'bad_source', REASONS.bad_source)
      }
      p.net = n
      p.transport = n + hl
      p.dst = dst
      if (length < there) p.end = n + length
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
function checksumFits(m: Uint8Array, n: number, hl: number): boolean {
  const sum = sumHeader(m, n)
  return fold(hl === 20 ? sum : sumWords(m, n + 20, hl - 20, sum)) === 0xffff
}
