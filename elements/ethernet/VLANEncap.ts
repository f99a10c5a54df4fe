/*
=c

VLANEncap([VLAN_TCI, VLAN_PCP, I<keywords> VLAN_ID, NATIVE_VLAN, ETHERTYPE])

=s ethernet

adds a VLAN tag to Ethernet packets

=d

Takes packets with an Ethernet header and puts an IEEE 802.1Q tag behind its addresses. Packets of
the native VLAN stay as they are. A packet without room for the tag in front is dropped. To add a
whole Ethernet header with a tag use EtherVLANEncap.

Keyword arguments are:

=over 8

=item VLAN_TCI

The tag's 16 bits, or ANNO: those of the packet's VLAN_TCI annotation.

=item VLAN_ID

The VLAN's number, 0 to 0xFFF, where VLAN_TCI is not given.

=item VLAN_PCP

Priority, 0 to 7. Default is 0.

=item NATIVE_VLAN

Number of the native VLAN; -1: there is none. Default is 0.

=item ETHERTYPE

Ethernet type of the tag. Default is 0x8100; 0x88a8 is that of service tags (802.1ad).

=back

=h vlan_tci read/write

Returns or sets the VLAN_TCI parameter.

=h vlan_id read/write

Returns or sets the VLAN_ID parameter.

=h vlan_pcp read/write

Returns or sets the VLAN_PCP parameter.

=h native_vlan read/write

Returns or sets the NATIVE_VLAN parameter.

=h ethertype read/write

Returns or sets the ETHERTYPE parameter.

=h no_headroom read-only

Returns the number of packets dropped for want of room.

=e

  ... -> VLANEncap(VLAN_ID 7) -> ToDevice(eth0);

=a VLANDecap, EtherVLANEncap, SetVLANAnno
*/

import { arg, element } from '../../dataplane/element.ts'
import { parseU16 } from '../../lib/click/args.ts'
import { SETTINGS } from '../lib/settings.ts'
import {
  nativeHandler,
  TAGGED,
  type Tag,
  tagConfig,
  tagFor,
  tagHandlers,
  tagOf,
} from '../lib/vlan.ts'

interface Me {
  readonly resource: { readonly tag: Tag; type: number }
}

export default element({
  name: 'VLANEncap',
  ports: '1/1',
  config: { ...tagConfig, NATIVE_VLAN: arg.int(0), ETHERTYPE: arg.u16(TAGGED) },
  counters: { no_headroom: 'packets dropped for want of room in front' },
  local: SETTINGS,
  reconfigures: true,

  configure(config, context) {
    tagOf(config, config.NATIVE_VLAN, context)
    return null
  },

  open: (self): Me['resource'] => ({
    tag: tagOf(self.config, self.config.NATIVE_VLAN, null),
    type: self.config.ETHERTYPE,
  }),

  action(self, p) {
    const { tag, type } = self.resource
    const tci = tagFor(tag, p)
    if (tci >= 0) {
      if (!p.push(4)) {
        self.counters.no_headroom++
        return null
      }
      const m = p.mem
      const o = p.off
      for (let i = o; i < o + 12; i++) m[i] = m[i + 4]!
      m[o + 12] = type >>> 8
      m[o + 13] = type
      m[o + 14] = tci >>> 8
      m[o + 15] = tci
    }
    p.mac = p.off
    p.net = p.off + (tci < 0 ? 14 : 18)
    return p
  },

  handlers: {
    ...tagHandlers<Me>((self) => self.resource.tag, true),
    native_vlan: nativeHandler<Me>((self) => self.resource.tag),
    ethertype: {
      read: (self) => String(self.resource.type),
      write(self, value) {
        const type = parseU16(value.trim())
        if (type === null) throw new Error(`'${value}' is not an Ethernet type`)
        self.resource.type = type
      },
    },
  },
})
