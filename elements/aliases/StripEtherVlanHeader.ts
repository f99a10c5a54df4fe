/*
=c

StripEtherVlanHeader([NATIVE_VLAN])

=s ethernet

strips an Ethernet header with VLAN tag

=d

An older spelling of StripEtherVLANHeader, which see.

=a StripEtherVLANHeader
*/

import { makeStripEtherVLANHeader } from '../lib/vlan-strip.ts'

export default makeStripEtherVLANHeader('StripEtherVlanHeader')
