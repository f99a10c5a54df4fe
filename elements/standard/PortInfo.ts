/*
=c

PortInfo(NAME PORT[/PROTOCOL] [NAME...], ...)

=s information

defines names of TCP and UDP ports

=d

Each argument gives one or more names to a port: of both protocols, or of C<tcp> or C<udp>. What
comes after C<#> is a comment, so that lines of /etc/services can be used. Where a port is expected,
the name can then stand for it.

A name holds in the compound element that it is defined in, and in those inside.


=e

  PortInfo(http 80/tcp www, control 4000);
  ... -> IPFilter(allow dst tcp port www) -> ...

=a AddressInfo
*/

import { element } from '../../dataplane/element.ts'

// Its names are read before any element is configured: dataplane/graph-addresses.ts.
export default element({ name: 'PortInfo', ports: '0/0', config: 'raw' })
