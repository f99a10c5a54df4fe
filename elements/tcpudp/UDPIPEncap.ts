/*
=c

UDPIPEncap(SRC, SPORT, DST, DPORT [, CHECKSUM])

=s udp

encapsulates packets in static UDP/IP headers

=d

Puts a UDP and an IP header in front of each packet, and sets the IP header and destination
address annotations. The identification of the IP header counts up. A packet without room for the
headers, or too long for them, is dropped.

=over 8

=item SRC

IP address.

=item SPORT

Port: a number, a name that PortInfo defines, or a usual name ("ssh", "www").

=item DST

IP address, or DST_ANNO: each packet's destination address annotation.

=item DPORT

Port.

=item CHECKSUM

Boolean. If true, the UDP checksum is computed. Default is true.

=back

=h src read/write

Returns or sets SRC. What is set holds on this replica; a new one starts as configured.

=h dst read/write

Returns or sets DST. Returns 0.0.0.0 where that is DST_ANNO.

=h sport read/write

Returns or sets SPORT.

=h dport read/write

Returns or sets DPORT.

=h no_headroom read-only

Returns the number of packets dropped for want of room, or for their length.

=e

  UDPIPEncap(1.0.0.1, 1234, 2.0.0.2, 1234)

=a DynamicUDPIPEncap, IPEncap, Strip, EtherEncap, CheckUDPHeader
*/

import { makeUdpEncap } from '../lib/udp-encap.ts'

export default makeUdpEncap('UDPIPEncap', false)
