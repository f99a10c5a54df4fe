/*
=c

SetVLANAnno(VLAN_TCI [, VLAN_PCP, I<keywords> VLAN_ID])

=s ethernet

sets VLAN annotation

=d

Sets each packet's VLAN_TCI annotation.

=over 8

=item VLAN_TCI

The annotation's 16 bits.

=item VLAN_ID

The VLAN's number, 0 to 0xFFF, where VLAN_TCI is not given.

=item VLAN_PCP

Priority, 0 to 7. Default is 0.

=back

=h vlan_tci read/write

Returns or sets the VLAN_TCI parameter.

=h vlan_id read/write

Returns or sets the VLAN_ID parameter.

=h vlan_pcp read/write

Returns or sets the VLAN_PCP parameter.

=a EtherVLANEncap, VLANEncap
*/

import { makeSetVLANAnno } from '../lib/vlan-anno.ts'

export default makeSetVLANAnno('SetVLANAnno')
