/*
=c

DynamicUDPIPEncap(SRC, SPORT, DST, DPORT [, CHECKSUM, INTERVAL])

=s udp

encapsulates packets in dynamic UDP/IP headers

=d

Puts a UDP and an IP header in front of each packet, as UDPIPEncap does, with ports that count up:
after every INTERVAL packets both are one more.

=over 8

=item SRC

IP address.

=item SPORT

Port: a number, a name that PortInfo defines, or a usual name ("ssh", "www").

=item DST

IP address.

=item DPORT

Port.

=item CHECKSUM

Boolean. If true, the UDP checksum is computed. Default is true.

=item INTERVAL

Unsigned integer. Default is 0: the ports stay as they are.

=back

=h no_headroom read-only

Returns the number of packets dropped for want of room, or for their length.

=e

  DynamicUDPIPEncap(1.0.0.1, 1234, 2.0.0.2, 1234, 1, 10)

=a UDPIPEncap, IPEncap, Strip
*/

import { makeUdpEncap } from '../lib/udp-encap.ts'

export default makeUdpEncap('DynamicUDPIPEncap', true)
