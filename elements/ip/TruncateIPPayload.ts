/*
=c

TruncateIPPayload([LENGTH, TRANSPORT, I<keyword> EXTRA_LENGTH])

=s basicmod

limits payload length

=d

Cuts each IP packet so that its payload has at most LENGTH bytes. The payload begins behind the TCP,
UDP or ICMP header, or behind the IP header for other protocols. Lengths and checksums in the headers
stay as they are. Of a packet without IP header annotation LENGTH bytes are kept.

=over 8

=item LENGTH

Integer from 0 to 65535. Default is 0.

=item TRANSPORT

Boolean. If false, the payload begins behind the IP header for every protocol. Default is true.

=item EXTRA_LENGTH

Boolean. If true, the number of bytes cut off is added to the EXTRA_LENGTH annotation. Default is
true.

=back

=a Truncate
*/

import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { extraLength, setExtraLength } from '../lib/extra-length.ts'
import { headerLength, ICMP, IP_HEADER, TCP, transportOf, UDP } from '../lib/ip-header.ts'

const UDP_HEADER = 8
const TCP_HEADER = 20
const ICMP_HEADER = 8
const ICMP_TIMESTAMP_HEADER = 20
/** Types of ICMP timestamp and its reply. */
const TIMESTAMP = 13
const TIMESTAMP_REPLY = 14

export default element({
  name: 'TruncateIPPayload',
  ports: '1/1',
  config: {
    LENGTH: arg.u16(0).at(),
    TRANSPORT: arg.bool(true).at(),
    EXTRA_LENGTH: arg.bool(true),
  },

  action(self, p) {
    const { LENGTH, TRANSPORT, EXTRA_LENGTH } = self.config
    const headers = p.net < 0 ? p.off : payloadOffset(p, TRANSPORT)
    const cut = p.end - headers - LENGTH
    if (cut <= 0) return p
    p.end -= cut
    if (EXTRA_LENGTH) setExtraLength(p, extraLength(p) + cut)
    return p
  },
})

/** Where the payload begins; may lie behind the packet's end. */
function payloadOffset(p: Packet, transport: boolean): number {
  const m = p.mem
  const n = p.net
  const hl = n < p.end ? headerLength(m, n) : 0
  if (hl < IP_HEADER) return n + IP_HEADER
  if (!transport || p.end - n < 10) return n + hl
  const t = transportOf(p)
  switch (m[n + 9]) {
    case TCP: {
      const said = t + 12 < p.end ? (m[t + 12]! >> 4) << 2 : 0
      return n + hl + Math.max(said, TCP_HEADER)
    }
    case UDP:
      return n + hl + UDP_HEADER
    case ICMP: {
      if (p.end - t < ICMP_HEADER) return n + hl
      const timestamp = m[t] === TIMESTAMP || m[t] === TIMESTAMP_REPLY
      return n + hl + (timestamp ? ICMP_TIMESTAMP_HEADER : ICMP_HEADER)
    }
    default:
      return n + hl
  }
}
