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

=h drops read-only

Returns the number of packets whose time was over.

=h active read/write

Returns or sets ACTIVE. What is set holds on this replica; a new one starts as configured.

=e

  ... -> CheckIPHeader -> dt :: DecIPTTL -> ...
  dt[1] -> ICMPError(18.26.4.24, timeexceeded) -> ...

=a ICMPError, CheckIPHeader
*/

import { arg, DROP, element } from '../../dataplane/element.ts'
import { decrementTtl } from '../lib/dec-ttl.ts'
import { SETTINGS, toBool } from '../lib/settings.ts'

export default element({
  name: 'DecIPTTL',
  ports: '1/1-2',
  processing: 'a/ah',
  config: { ACTIVE: arg.bool(true), MULTICAST: arg.bool(true) },
  counters: { drops: 'packets whose time-to-live was over' },
  local: SETTINGS,

  configure: (config) => ({ sparesMulticast: !config.MULTICAST }),

  open: (self): { active: boolean } => ({ active: self.config.ACTIVE }),

  route(self, p) {
    const m = p.mem
    const n = p.net
    if (!self.resource.active || n < 0) return 0
    if (self.plan.sparesMulticast && m[n + 16]! >> 4 === 14) return 0
    if (decrementTtl(p, n)) return 0
    self.counters.drops++
    return self.noutputs > 1 ? 1 : DROP
  },

  handlers: {
    active: {
      read: (self) => String(self.resource.active),
      write(self, value) {
        self.resource.active = toBool(value)
      },
    },
  },
})
