/*
=c

MarkIPCE([FORCE])

=s ip

sets IP packets' ECN field to Congestion Experienced

=d

Sets the ECN field of each packet to 3, Congestion Experienced, and updates the IP checksum. A packet
whose ECN field is 0, so that its transport does not understand the mark, is dropped, unless FORCE is
true. The IP header annotation must be set; packets without pass unchanged.

=over 8

=item FORCE

Boolean. If true, packets of every transport are marked. Default is false.

=back

=h drops read-only

Returns the number of packets that were dropped.

=a SetIPECN, SetIPDSCP
*/

import { arg, element } from '../../dataplane/element.ts'
import { hasIp, setTosBits } from '../lib/ip-header.ts'

export default element({
  name: 'MarkIPCE',
  ports: '1/1',
  config: { FORCE: arg.bool(false).at() },
  counters: { drops: 'packets whose transport does not understand the mark' },

  action(self, p) {
    if (!hasIp(p)) return p
    const ecn = p.mem[p.net + 1]! & 3
    if (ecn === 0 && !self.config.FORCE) {
      self.counters.drops++
      return null
    }
    if (ecn !== 3) setTosBits(p.mem, p.net, 3, 3)
    return p
  },
})
