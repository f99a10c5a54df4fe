/*
=c

EnsureEther([ETHERTYPE, SRC, DST])

=s ethernet

ensures that IP packets are Ethernet encapsulated

=d

Packets without IP header annotation, and those whose IP header is behind what looks like an Ethernet
header, go on as they are. Where in front of an IP packet there still is what looks like the Ethernet
header that was stripped off, that is put on again; otherwise one of the given addresses is, in
place of whatever is in front of the IP header. A packet without room for it is dropped.

=over 8

=item ETHERTYPE

Unsigned integer below 65536. Default is 0x0800.

=item SRC

Ethernet address. Default is 1:1:1:1:1:1.

=item DST

Ethernet address. Default is 2:2:2:2:2:2.

=back

=h no_headroom read-only

Returns the number of packets dropped for want of room.

=e

  ... -> EnsureEther(0x0800, 1:1:1:1:1:1, 2:2:2:2:2:2) -> ToDump(out.pcap);

=a EtherEncap, EtherRewrite
*/

import { arg, element } from '../../dataplane/element.ts'
import { copyEth } from '../lib/arp.ts'

const IPV4 = 0x0800
const IPV6 = 0x86dd

export default element({
  name: 'EnsureEther',
  ports: '1/1',
  config: {
    ETHERTYPE: arg.u16(IPV4).at(),
    SRC: arg.eth(new Uint8Array(6).fill(1)).at(),
    DST: arg.eth(new Uint8Array(6).fill(2)).at(),
  },
  counters: { no_headroom: 'packets dropped for want of room in front' },

  action(self, p) {
    const n = p.net
    const m = p.mem
    if (n < p.off) return p
    const front = n - p.off
    if (front === 14 && isIp(m, n - 2)) return p
    if (front === 0 && n - 14 >= p.base && isIp(m, n - 2)) {
      p.off = n - 14
      return p
    }
    p.off = n
    if (!p.push(14)) {
      self.counters.no_headroom++
      return null
    }
    const { ETHERTYPE, SRC, DST } = self.config
    copyEth(m, n - 14, DST, 0)
    copyEth(m, n - 8, SRC, 0)
    m[n - 2] = ETHERTYPE >>> 8
    m[n - 1] = ETHERTYPE
    return p
  },
})

function isIp(m: Uint8Array, at: number): boolean {
  const type = (m[at]! << 8) | m[at + 1]!
  return type === IPV4 || type === IPV6
}
