/*
=c

EtherVlanEncap(ETHERTYPE, SRC, DST, VLAN_TCI [, VLAN_PCP, I<keywords> VLAN_ID, NATIVE_VLAN])

=s ethernet

encapsulates packets in an Ethernet header with VLAN tag

=d

An older spelling of EtherVLANEncap, which see.

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

=a EtherVLANEncap
*/

import { makeEtherVLANEncap } from '../lib/vlan-encap.ts'

export default makeEtherVLANEncap('EtherVlanEncap')
