/*
=c

VLANDecap([ANNO, I<keywords> ETHERTYPE])

=s ethernet

takes a VLAN tag off Ethernet packets

=d

Takes packets with an Ethernet header. Where a VLAN tag is behind the addresses, it is taken out;
other packets stay as they are.

Keyword arguments are:

=over 8

=item ANNO

Boolean. If true, the packet's VLAN_TCI annotation is set to the tag, or to 0 where there was none.
Default is true.

=item ETHERTYPE

Ethernet type of the tag. Default is 0x8100.

=back

=a VLANEncap, StripEtherVLANHeader
*/

import { arg, element } from '../../dataplane/element.ts'
import { setVlanTci, TAGGED } from '../lib/vlan.ts'

export default element({
  name: 'VLANDecap',
  ports: '1/1',
  config: { ANNO: arg.bool(true).at(), ETHERTYPE: arg.u16(TAGGED) },

  action(self, p) {
    const m = p.mem
    const o = p.off
    let tci = 0
    if (p.end - o >= 16 && ((m[o + 12]! << 8) | m[o + 13]!) === self.config.ETHERTYPE) {
      tci = (m[o + 14]! << 8) | m[o + 15]!
      for (let i = o + 15; i >= o + 4; i--) m[i] = m[i - 4]!
      p.off = o + 4
    }
    p.mac = p.off
    p.net = p.off + 14
    if (self.config.ANNO) setVlanTci(p, tci)
    return p
  },
})
