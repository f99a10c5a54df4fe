/*
=c

ICMPIPEncap(SRC, DST, TYPE [, CODE, I<keywords> IDENTIFIER])

=s icmp

encapsulates packets in ICMP/IP headers

=d

Puts an IP header, from SRC to DST, and an ICMP header in front of each packet,
of the given type and code. Messages of types that have them get an identifier and a sequence number. Identification
and sequence number begin with 1 and go up by one a packet, leaving out 0. Sets the IP header and
destination address annotations. A packet without room for the headers in front is dropped.

=over 8

=item SRC

IP address.

=item DST

IP address.

=item TYPE

Number below 256, or a name that ICMPError knows, or one of 'echo', 'echo-reply', 'timestamp',
'timestamp-reply', 'inforeq', 'inforeq-reply', 'maskreq', 'maskreq-reply', 'routeradvert' and
'routersolicit'.

=item CODE

Number below 256, or a name. Default is 0.

=item IDENTIFIER

Unsigned integer below 65536: the message's identifier. Default is 0.

=back

=h src read/write

Returns or sets the SRC parameter.

=h dst read/write

Returns or sets the DST parameter.

=h no_headroom read-only

Returns the number of packets dropped for want of room, or because they would be too long.

=a ICMPPingEncap, ICMPError
*/

import { makeICMPEncap } from '../lib/icmp-encap.ts'

export default makeICMPEncap('ICMPIPEncap', true)
