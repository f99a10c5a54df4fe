/*
=c

DecIP6HLIM()

=s ip6

decrements the hop limit, drops dead packets

=d

Takes IPv6 packets with their network header annotation set. Where the hop limit is 1 or 0 the packet
goes to output 1 if that is connected, usually to an ICMP6Error, and is dropped otherwise. Else it is
decremented, and the packet goes to output 0.

=h drops read-only

Returns the number of packets whose hop limit was used up.

=e

  ... -> CheckIP6Header -> dt :: DecIP6HLIM -> ...
  dt[1] -> ICMP6Error(3ffe::1, 3, 0) -> ...

=a ICMP6Error, CheckIP6Header
*/

import { DROP, element } from '../../dataplane/element.ts'
import { HOP_LIMIT_AT, hasIp6 } from '../lib/ip6.ts'

export default element({
  name: 'DecIP6HLIM',
  ports: '1/1-2',
  processing: 'a/ah',
  config: {},
  counters: { drops: 'packets whose hop limit was used up' },

  route(self, p) {
    if (!hasIp6(p)) return 0
    const at = p.net + HOP_LIMIT_AT
    const limit = p.mem[at]!
    if (limit <= 1) {
      self.counters.drops++
      return self.noutputs > 1 ? 1 : DROP
    }
    p.mem[at] = limit - 1
    return 0
  },
})
