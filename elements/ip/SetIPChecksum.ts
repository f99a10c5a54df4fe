/*
=c

SetIPChecksum()

=s ip

sets IP packets' checksums

=d

Computes the checksum of the IP header and stores it. The header is where the network header
annotation says, else at the start of the packet. A packet whose header is not all there is
dropped.

Elements that change a header, as DecIPTTL and IPRewriter do, keep its checksum right themselves.

=h drops read-only

Returns the number of packets dropped for their header.

=a CheckIPHeader, DecIPTTL, IPRewriter
*/

import { element } from '../../dataplane/element.ts'
import { setHeaderChecksum, setIpChecksum } from '../lib/checksum.ts'

export default element({
  name: 'SetIPChecksum',
  ports: '1/1',
  config: {},
  counters: { drops: 'packets whose IP header was not all there' },

  action(self, p) {
    const n = p.net < 0 ? p.off : p.net
    const hl = n < p.end ? (p.mem[n]! & 15) << 2 : 0
    if (hl < 20 || n + hl > p.end) {
      self.counters.drops++
      return null
    }
    if (hl === 20 && (n & 1) === 0) setHeaderChecksum(p.words, n >> 1)
    else setIpChecksum(p.mem, n)
    return p
  },
})
