/*
=c

DecIPTTL([I<keywords> ACTIVE, MULTICAST])

=s ip

decrements IP time-to-live, drops dead packets

=d

Takes IP packets, with the IP header annotation set. Where the time-to-live is 1 or 0 the packet
goes to output 1 if that is connected, usually to an ICMPError, and is dropped otherwise. Else the
time-to-live is decremented, the checksum updated, and the packet goes to output 0.

Keyword arguments are:

=over 8

=item ACTIVE

Boolean. If false, packets pass as they are. Default is true.

=item MULTICAST

Boolean. If false, packets to multicast addresses pass as they are. Default is true.

=back

=h expired read-only

Returns the number of packets whose time was over.

=e

  ... -> CheckIPHeader -> dt :: DecIPTTL -> ...
  dt[1] -> ICMPError(18.26.4.24, timeexceeded) -> ...

=a ICMPError, CheckIPHeader
*/

import { arg, DROP, element } from '../../dataplane/element.ts'
import { decrementTtl } from '../lib/dec-ttl.ts'

export default element({
  name: 'DecIPTTL',
  ports: '1/1-2',
  processing: 'a/ah',
  config: { ACTIVE: arg.bool(true), MULTICAST: arg.bool(true) },
  counters: { expired: 'packets whose time-to-live was over' },

  configure: (config) => ({
    active: config.ACTIVE,
    sparesMulticast: !config.MULTICAST,
  }),

  route(self, p) {
    const m = p.mem
    const n = p.net
    const plan = self.plan
    if (!plan.active || n < 0 || (plan.sparesMulticast && m[n + 16]! >> 4 === 14)) return 0
    if (decrementTtl(p, n)) return 0
    self.counters.expired++
    return self.noutputs > 1 ? 1 : DROP
  },
})
