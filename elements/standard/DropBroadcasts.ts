/*
=c

DropBroadcasts

=s annotations

drops link-level broadcast and multicast packets

=d

Drops packets that came as link-level broadcast or multicast, as their packet type annotation says:
FromDevice and HostEtherFilter set it. IP routers must not forward such packets (RFC 1812, 5.3.4).

=h drops read-only

Returns the number of packets dropped.

=a HostEtherFilter
*/

import { element } from '../../dataplane/element.ts'

/** Packet types (Linux's pkttype). */
const BROADCAST = 1
const MULTICAST = 2

export default element({
  name: 'DropBroadcasts',
  ports: '1/1',
  config: {},
  counters: { drops: 'link-level broadcasts and multicasts dropped' },

  action(self, p) {
    if (p.type !== BROADCAST && p.type !== MULTICAST) return p
    self.counters.drops++
    return null
  },
})
