/*
=c

MarkIP6Header([OFFSET])

=s ip6

sets IP6 header annotation

=d

Sets the network header annotation to OFFSET bytes into the packet, and the transport header
annotation 40 bytes on. Checks nothing: CheckIP6Header does.

=over 8

=item OFFSET

Unsigned integer. Default is 0.

=back

=a CheckIP6Header, StripIP6Header
*/

import { arg, element } from '../../dataplane/element.ts'
import { IP6_HEADER } from '../lib/ip6.ts'

export default element({
  name: 'MarkIP6Header',
  ports: '1/1',
  config: { OFFSET: arg.count(0).at() },

  action(self, p) {
    const n = p.off + self.config.OFFSET
    if (n + IP6_HEADER <= p.end) {
      p.net = n
      p.transport = n + IP6_HEADER
    }
    return p
  },
})
