// CheckTCPHeader, CheckUDPHeader, CheckICMPHeader: one shape, each with its own test.

import { type AnyElement, arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { readIp } from './arp.ts'
import { bad, details } from './bad-packets.ts'
import { fold, pseudoSum, sumWords } from './checksum.ts'

const REASONS = {
  not_protocol: 'not this protocol, or not a first fragment',
  bad_length: 'bad packet length',
  bad_checksum: 'bad checksum',
} as const
export type Reason = keyof typeof REASONS

/** What is wrong with the header at `t`; null: nothing. `length`: of header and payload. */
export type HeaderTest = (p: Packet, t: number, length: number) => Reason | null

export function makeTransportCheck(
  name: string,
  what: string,
  proto: number,
  test: HeaderTest,
): AnyElement {
  return element({
    name,
    ports: '1/1-2',
    processing: 'a/ah',
    config: { VERBOSE: arg.bool(false), DETAILS: arg.bool(false) },
    counters: { drops: `packets with a bad ${what}`, ...REASONS },

    route(self, p) {
      const m = p.mem
      const n = p.net
      let reason: Reason | null = 'not_protocol'
      if (n >= 0 && m[n + 9] === proto && ((m[n + 6]! & 0x1f) | m[n + 7]!) === 0) {
        const t = n + ((m[n]! & 15) << 2)
        const length = Math.min(n + ((m[n + 2]! << 8) | m[n + 3]!), p.end) - t
        // Of a first fragment the checksum covers more than there is.
        const whole = (m[n + 6]! & 0x20) === 0
        reason = test(p, t, length)
        if (reason === 'bad_checksum' && !whole) reason = null
      }
      return reason === null ? 0 : bad(self, what, reason, REASONS[reason])
    },

    handlers: { drop_details: { read: (self) => details(self, REASONS) } },
  })
}

/** Is the checksum over pseudo header, header and payload right? */
export function segmentFits(p: Packet, t: number, length: number): boolean {
  const m = p.mem
  const n = p.net
  const pseudo = pseudoSum(readIp(m, n + 12), readIp(m, n + 16), m[n + 9]!, length)
  return fold(sumWords(m, t, length, pseudo)) === 0xffff
}
