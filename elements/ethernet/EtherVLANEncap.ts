/*
=c

EtherVLANEncap(ETHERTYPE, SRC, DST, VLAN_TCI [, VLAN_PCP, I<keywords> VLAN_ID, NATIVE_VLAN])

=s ethernet

encapsulates packets in an Ethernet header with VLAN tag

=d

Puts an Ethernet header with an IEEE 802.1Q tag in front of each packet, and sets the MAC header
annotation to it. Packets of the native VLAN get a header without tag. A packet without room for it
in front is dropped. To add a tag to a packet with an Ethernet header use VLANEncap.

Keyword arguments are:

=over 8

=item ETHERTYPE

Ethernet type of what is encapsulated.

=item SRC

Ethernet address.

=item DST

Ethernet address.

=item VLAN_TCI

The tag's 16 bits, or ANNO: those of the packet's VLAN_TCI annotation.

=item VLAN_ID

The VLAN's number, 0 to 0xFFF, where VLAN_TCI is not given.

=item VLAN_PCP

Priority, 0 to 7. Default is 0.

=item NATIVE_VLAN

Number of the native VLAN; -1: there is none. Default is 0.

=back

=h src read/write

Returns or sets the SRC parameter.

=h dst read/write

Returns or sets the DST parameter.

=h ethertype read/write

Returns or sets the ETHERTYPE parameter.

=h vlan_tci read/write

Returns or sets the VLAN_TCI parameter.

=h vlan_id read/write

Returns or sets the VLAN_ID parameter.

=h vlan_pcp read/write

Returns or sets the VLAN_PCP parameter.

=h native_vlan read/write

Returns or sets the NATIVE_VLAN parameter.

=h no_headroom read-only

Returns the number of packets dropped for want of room.

=e

  EtherVLANEncap(0x0800, 1:1:1:1:1:1, 2:2:2:2:2:2, 1)

=a VLANEncap, StripEtherVLANHeader, SetVLANAnno, EtherEncap
*/

import { makeEtherVLANEncap } from '../lib/vlan-encap.ts'

export default makeEtherVLANEncap('EtherVLANEncap')
