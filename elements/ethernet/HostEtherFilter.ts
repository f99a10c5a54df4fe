/*
=c

HostEtherFilter(ETHER [, DROP_OWN, DROP_OTHER, I<keywords> OFFSET])

=s ethernet

drops Ethernet packets sent to other machines

=d

Acts as the hardware of a device with address ETHER does. Sets the packet type annotation by the
destination address: host, broadcast, multicast or other host. Packets that are filtered go to
output 1 where it is connected, and are dropped otherwise; others go to output 0.

=over 8

=item ETHER

Ethernet address.

=item DROP_OWN

Boolean. If true, packets from ETHER are filtered. Default is false.

=item DROP_OTHER

Boolean. If true, packets to another host are filtered. Default is true.

=item OFFSET

Unsigned integer. Where the Ethernet header begins. Default is 0.

=back

=h filtered read-only

Returns the number of packets filtered.

=a DropBroadcasts
*/

import { arg, DROP, element } from '../../dataplane/element.ts'

/** Packet types (Linux's pkttype). */
const HOST = 0
const BROADCAST = 1
const MULTICAST = 2
const OTHER = 3

export default element({
  name: 'HostEtherFilter',
  reconfigures: true,
  ports: '1/1-2',
  processing: 'a/ah',
  config: {
    ETHER: arg.eth().at().must(),
    DROP_OWN: arg.bool(false).at(),
    DROP_OTHER: arg.bool(true).at(),
    OFFSET: arg.count(0),
  },
  counters: { filtered: 'packets filtered' },

  route(self, p) {
    const { ETHER, DROP_OWN, DROP_OTHER, OFFSET } = self.config
    const m = p.mem
    const o = p.off + OFFSET
    let filter = o + 14 > p.end
    if (!filter) {
      p.type = typeOf(m, o, ETHER)
      filter = (DROP_OTHER && p.type === OTHER) || (DROP_OWN && same(m, o + 6, ETHER))
    }
    if (!filter) return 0
    self.counters.filtered++
    return self.noutputs > 1 ? 1 : DROP
  },
})

function typeOf(m: Uint8Array, o: number, mine: Uint8Array): number {
  if ((m[o]! & 1) === 0) return same(m, o, mine) ? HOST : OTHER
  for (let i = 0; i < 6; i++) if (m[o + i] !== 255) return MULTICAST
  return BROADCAST
}

function same(m: Uint8Array, at: number, eth: Uint8Array): boolean {
  for (let i = 0; i < 6; i++) if (m[at + i] !== eth[i]) return false
  return true
}
