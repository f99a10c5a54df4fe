/*
=c

StripEtherVLANHeader([NATIVE_VLAN])

=s ethernet

strips an Ethernet header with VLAN tag

=d

Where a packet's Ethernet type is 0x8100, its VLAN_TCI annotation is set to the tag, and the 18 bytes
of header and tag are taken off. Other packets have no tag: the annotation is set to NATIVE_VLAN, and
the 14 bytes of the header are taken off.

=over 8

=item NATIVE_VLAN

Integer up to 0xFFF. If negative, packets without tag go to output 1 where it is connected, and are
dropped otherwise. Default is 0.

=back

=a EtherVLANEncap, VLANDecap, Strip
*/

import { makeStripEtherVLANHeader } from '../lib/vlan-strip.ts'

export default makeStripEtherVLANHeader('StripEtherVLANHeader')
