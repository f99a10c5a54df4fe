/*
=c

TCPFragmenter([MTU, I<keyword> MTU_ANNO])

=s tcp

cuts TCP packets to a maximum length

=d

Cuts TCP packets whose IP length is more than an MTU into several, each a copy with a part of the
payload: length, sequence number and checksums are set, all else, what is in front of the IP header
too, is as in the packet. FIN is left to the last. The IP header annotation must be set.

=over 8

=item MTU

Integer from 0 to 65535: longest IP packet. 0: MTU_ANNO alone says it.

=item MTU_ANNO

Annotation of two bytes. Where it is not zero and less than MTU, it counts for its packet.

=back

=h count read-only

Returns the number of packets that came.

=h fragmented_count read-only

Returns the number of packets that were cut.

=h fragments read-only

Returns the number of packets that those were cut into.

=a IPFragmenter
*/

import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { parseAnnotation } from '../../lib/click/args.ts'
import { readIp, writeIp } from '../lib/arp.ts'
import { setIpChecksum } from '../lib/checksum.ts'
import { hasIp, headerLength, setU16, transportOf, u16At } from '../lib/ip-header.ts'
import { transportChecksum } from '../lib/transport-checksum.ts'

const FIN = 1

export default element({
  name: 'TCPFragmenter',
  ports: '1/1',
  processing: 'h/h',
  config: { MTU: arg.u16(0).at(), MTU_ANNO: arg.anno('') },
  counters: {
    count: 'packets that came',
    fragmented_count: 'packets that were cut',
    fragments: 'packets that those were cut into',
  },

  configure(config, context) {
    const anno = config.MTU_ANNO === '' ? null : parseAnnotation(config.MTU_ANNO)
    if (config.MTU === 0 && anno === null)
      context.error('At least one of MTU and MTU_ANNO must be set')
    if (anno !== null && anno.size !== 0 && anno.size !== 2)
      context.error('MTU_ANNO: an annotation of two bytes is needed')
    return { anno: anno?.offset ?? -1 }
  },

  push(self, _port, p) {
    const { counters, plan, router } = self
    counters.count++
    const own = plan.anno >= 0 && p.anno !== null ? u16At(p.anno, plan.anno) : 0
    const { MTU } = self.config
    const mtu = own !== 0 && (MTU === 0 || own < MTU) ? own : MTU
    const t = hasIp(p) ? transportOf(p) : p.end
    const headers = t + 20 <= p.end ? headerLength(p.mem, p.net) + ((p.mem[t + 12]! >> 4) << 2) : 0
    const most = mtu - headers
    const length = headers === 0 ? 0 : Math.min(u16At(p.mem, p.net + 2), p.end - p.net) - headers
    if (mtu === 0 || most <= 0 || headers === 0 || length < most) {
      self.out[0]!(p)
      return
    }
    counters.fragmented_count++
    for (let offset = 0; offset < length; offset += most) {
      const last = offset + most >= length
      const q = last ? p : router.pool.clone(p)
      if (q === null) continue
      cut(q, headers, offset, Math.min(most, length - offset), last)
      counters.fragments++
      self.out[0]!(q)
    }
  },
})

/** Leaves `length` bytes of payload from `offset` on. */
function cut(q: Packet, headers: number, offset: number, length: number, last: boolean): void {
  const m = q.mem
  const n = q.net
  const t = transportOf(q)
  const from = n + headers + offset
  if (offset > 0) m.copyWithin(n + headers, from, from + length)
  q.end = n + headers + length
  setU16(m, n + 2, headers + length)
  setIpChecksum(m, n)
  if (!last) m[t + 13] = m[t + 13]! & ~FIN
  writeIp(m, t + 4, readIp(m, t + 4) + offset)
  setU16(m, t + 16, 0)
  setU16(m, t + 16, transportChecksum(q, n, t, q.end - t))
}
