/*
=c

GetIP6Address(OFFSET)

=s ip6

copies an IP6 address from packets into the destination annotation

=d

Copies the 16 bytes at OFFSET of each packet into its destination address annotation. OFFSET is 24 for
the destination of IPv6 packets without link header. A packet that is too short goes on as it is.

=over 8

=item OFFSET

Unsigned integer.

=back

=a SetIP6Address, LookupIP6Route, IP6NDSolicitor
*/

import { arg, element } from '../../dataplane/element.ts'
import { ADDRESS, setDst6 } from '../lib/ip6.ts'

export default element({
  name: 'GetIP6Address',
  ports: '1/1',
  config: { OFFSET: arg.count().at().must() },

  action(self, p) {
    const at = p.off + self.config.OFFSET
    if (at + ADDRESS <= p.end) setDst6(p, p.mem, at)
    return p
  },
})
