/*
=c

SetIP6Address(IPADDR)

=s ip6

sets the destination IP6 address annotation

=d

Sets the destination address annotation of each packet.

=over 8

=item IPADDR

IPv6 address.

=back

=a GetIP6Address
*/

import { arg, element } from '../../dataplane/element.ts'
import { setDst6 } from '../lib/ip6.ts'

export default element({
  name: 'SetIP6Address',
  ports: '1/1',
  config: { IPADDR: arg.ip6().at().must() },

  action(self, p) {
    setDst6(p, self.config.IPADDR, 0)
    return p
  },
})
