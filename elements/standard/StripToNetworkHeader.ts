/*
=c

StripToNetworkHeader

=s basicmod

strips everything preceding the network header

=d

Takes everything in front of the network header off, which an element like FromDump or
MarkIPHeader has set. A packet without one is dropped, and C<drops> counts it.

=h drops read-only

Returns the number of packets that had no network header.

=a Strip, MarkIPHeader
*/

import { element } from '../../dataplane/element.ts'

export default element({
  name: 'StripToNetworkHeader',
  ports: '1/1',
  config: {},

  counters: { drops: 'packets without a network header' },

  action(self, p) {
    if (p.net < p.base || p.net > p.end) {
      self.counters.drops++
      return null
    }
    p.off = p.net
    return p
  },
})
