/*
=c

SetVlanAnno(VLAN_TCI [, VLAN_PCP, I<keywords> VLAN_ID])

=s ethernet

sets VLAN annotation

=d

An older spelling of SetVLANAnno, which see.

=h vlan_tci read/write

Returns or sets the VLAN_TCI parameter.

=h vlan_id read/write

Returns or sets the VLAN_ID parameter.

=h vlan_pcp read/write

Returns or sets the VLAN_PCP parameter.

=a SetVLANAnno
*/

import { makeSetVLANAnno } from '../lib/vlan-anno.ts'

export default makeSetVLANAnno('SetVlanAnno')
