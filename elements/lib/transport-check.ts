// CheckTCPHeader, CheckUDPHeader, CheckICMPHeader: one shape, each with its own test.

import { type AnyElement, arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { bad, details } from './bad-packets.ts'
import { hasIp, transportOf } from './ip-header.ts'
import { transportChecksum } from './transport-checksum.ts'

export type Reason = 'not_protocol' | 'bad_length' | 'bad_checksum'

/** What is wrong with the header at `t`; null: nothing. `there`: bytes from it to the packet's end. */
export type HeaderTest = (p: Packet, t: number, there: number) => Reason | null

/** @param what 'TCP header': the protocol's name, and what is checked */
export function makeTransportCheck(
  name: string,
  what: string,
  proto: number,
  test: HeaderTest,
): AnyElement {
  const protocol = what.split(' ')[0]!
  const reasons: Readonly<Record<Reason, string>> = {
    not_protocol: `not ${protocol}`,
    bad_length: 'bad packet length',
    bad_checksum: `bad ${protocol} checksum`,
  }
  return element({
    name,
    ports: '1/1-2',
    processing: 'a/ah',
    config: { VERBOSE: arg.bool(false), DETAILS: arg.bool(false) },
    counters: { drops: `packets with a bad ${what}`, ...reasons },

    route(self, p) {
      const t = hasIp(p) ? transportOf(p) : p.end
      let reason: Reason | null = 'not_protocol'
      if (hasIp(p) && p.mem[p.net + 9] === proto) reason = test(p, t, p.end - t)
      if (reason === null) return 0
      // Click's CheckUDPHeader alone does not say which element it is.
      const who = protocol === 'UDP' ? '' : `${self.name} :: ${self.className}: `
      return bad(self, who, what, reason, reasons[reason])
    },

    handlers: { drop_details: { read: (self) => details(self, reasons) } },
  })
}

/** Is the checksum over pseudo header, header and payload right? */
export function segmentFits(p: Packet, t: number, length: number): boolean {
  return transportChecksum(p, p.net, t, length) === 0
}
