/*
=c

AddressInfo(NAME ADDRESS [ADDRESS...], ...)

=s information

defines names of addresses

=d

Each argument gives a NAME to one or more addresses: IPv4 and IPv6 addresses, prefixes of them, and
Ethernet addresses, one of each kind. Where an address is expected, the name can then stand for it; a
suffix says which is meant (C<NAME:ip>, C<NAME:ipnet>, C<NAME:bcast>, C<NAME:eth>, C<NAME:ip6>,
C<NAME:ip6net>). A prefix with a host part gives an address too.

A name holds in the compound element that it is defined in, and in those inside.


=e

  AddressInfo(server 10.0.0.1/24 02:00:00:00:00:01);
  ... -> SetIPAddress(server) -> EtherEncap(0x0800, server, 2:0:0:0:0:2) -> ...

=a PortInfo, AnnotationInfo
*/

import { element } from '../../dataplane/element.ts'

// Its names are read before any element is configured: dataplane/graph-addresses.ts.
export default element({ name: 'AddressInfo', ports: '0/0', config: 'raw' })
