/*
=c

SetUDPChecksum()

=s udp

sets UDP packets' checksums

=d

Computes the checksum of each UDP packet and stores it. The IP header annotation must be set; its
protocol is not looked at. Fragments, and packets that are shorter than their UDP length, go to output
1 where that is connected; else they are dropped, the first with a message.

=h misfits read-only

Returns the number of packets that went to output 1 or were dropped.

=a SetTCPChecksum, SetIPChecksum, CheckUDPHeader
*/

import { DROP, element } from '../../dataplane/element.ts'
import { hasIp, isFragment, setU16, transportOf, u16At } from '../lib/ip-header.ts'
import { transportChecksum } from '../lib/transport-checksum.ts'

const HEADER = 8

export default element({
  name: 'SetUDPChecksum',
  ports: '1/1-2',
  processing: 'a/ah',
  config: {},
  counters: { misfits: 'fragments, and packets shorter than their UDP length' },

  route(self, p) {
    const m = p.mem
    const n = p.net
    const t = hasIp(p) ? transportOf(p) : p.end
    const length = t + HEADER <= p.end ? u16At(m, t + 4) : 0
    if (t + HEADER > p.end || isFragment(m, n) || t + length > p.end) {
      if (self.noutputs === 1 && self.counters.misfits === 0)
        self.router.print(`${self.name} :: ${self.className}: fragment or short packet`)
      self.counters.misfits++
      return self.noutputs > 1 ? 1 : DROP
    }
    setU16(m, t + 6, 0)
    // 0 would say that there is no checksum, so it is sent as all ones.
    setU16(m, t + 6, transportChecksum(p, n, t, length) || 0xffff)
    return 0
  },
})
