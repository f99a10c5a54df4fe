/*
=c

SetTCPChecksum([FIXOFF])

=s tcp

sets TCP packets' checksums

=d

Computes the checksum of each TCP packet and stores it. The IP header annotation must be set; its
protocol is not looked at. A packet whose TCP header and payload, as long as the IP header says, are
not all there is dropped.

=over 8

=item FIXOFF

Boolean. If true, a data offset that is too small, or goes past the packet's end, is corrected.
Default is false.

=back

=h bad_length read-only

Returns the number of packets dropped for their length.

=a SetUDPChecksum, SetIPChecksum, CheckTCPHeader
*/

import { arg, element } from '../../dataplane/element.ts'
import { hasIp, headerLength, isFragment, setU16, transportOf, u16At } from '../lib/ip-header.ts'
import { transportChecksum } from '../lib/transport-checksum.ts'

const HEADER = 20

export default element({
  name: 'SetTCPChecksum',
  ports: '1/1',
  config: { FIXOFF: arg.bool(false).at() },
  counters: { bad_length: 'packets whose TCP segment was not all there' },

  action(self, p) {
    const m = p.mem
    const n = p.net
    const t = hasIp(p) ? transportOf(p) : p.end
    const length = hasIp(p) ? u16At(m, n + 2) - headerLength(m, n) : 0
    if (length < HEADER || t + length > p.end) {
      self.router.print('SetTCPChecksum: bad lengths')
      self.counters.bad_length++
      return null
    }
    if (self.config.FIXOFF) {
      const offset = (m[t + 12]! >> 4) << 2
      if (offset < HEADER) m[t + 12] = ((HEADER >> 2) << 4) | (m[t + 12]! & 15)
      else if (offset > length && !isFragment(m, n))
        m[t + 12] = ((length >> 2) << 4) | (m[t + 12]! & 15)
    }
    setU16(m, t + 16, 0)
    setU16(m, t + 16, transportChecksum(p, n, t, length))
    return p
  },
})
