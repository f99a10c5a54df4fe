/*
=c

IP6Fragmenter(MTU)

=s ip6

fragments large IP6 packets

=d

Takes IPv6 packets with their network header annotation set. One of at most MTU bytes goes to output 0
as it is. A larger one is cut into fragments with fragment headers (RFC 8200, 4.5), which go to output
0, the first one last; what is in front of the IPv6 header goes with the first only. A packet that is
a fragment already, or whose headers leave no room, goes to output 1 where it is connected, usually to
an ICMP6Error (type 2, 'packet too big'), and is dropped otherwise.

By the standard only a packet's source fragments it: a router sends an error instead.

=over 8

=item MTU

Unsigned integer.

=back

=h drops read-only

Returns the number of packets too large that were not cut.

=h fragments read-only

Returns the number of fragments made.

=a ICMP6Error, IPFragmenter
*/

import { cell } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import { fragment6 } from '../lib/fragment6.ts'
import { hasIp6 } from '../lib/ip6.ts'

export default element({
  name: 'IP6Fragmenter',
  ports: '1/1-2',
  processing: 'h/h',
  config: { MTU: arg.count().at().must() },
  counters: {
    drops: 'packets too large that were not cut',
    fragments: 'fragments made',
  },
  state: {
    // Identifications must not repeat soon, so they go on where the old replica stopped.
    ids: cell({ version: 1, scope: 'shared', merge: 'max', row: { next: 'u32' } }),
  },

  push(self, _port, p) {
    const { MTU } = self.config
    if (!hasIp6(p) || p.end - p.net <= MTU) {
      self.out[0]!(p)
      return
    }
    const made = fragment6(p, MTU, self.state.ids.next, self.router.pool)
    if (made === null) {
      self.counters.drops++
      if (self.noutputs > 1) self.out[1]!(p)
      else self.kill(p)
      return
    }
    self.state.ids.next++
    self.counters.fragments += made.length
    self.kill(p)
    for (let i = 1; i <= made.length; i++) self.out[0]!(made[i % made.length]!)
  },
})
