/*
=c

CheckIPHeader([OFFSET, I<keywords> BADSRC, GOODDST, INTERFACES, CHECKSUM, VERBOSE, DETAILS])

=s ip

checks IP header

=d

Checks that each packet holds a whole and valid IPv4 header, OFFSET bytes in: version, header
length, total length (not longer than the packet) and checksum. A valid packet gets its IP header
annotation and its destination address annotation set, is cut to the IP length where it is longer
(Ethernet pads short frames), and goes to output 0. Others go to output 1 where it is connected, and
are dropped otherwise.

The first bad packet is reported on the console, with the reason.

Source addresses are only checked where INTERFACES or BADSRC is given (RFC 1812, 5.3.7).

Keyword arguments are:

=over 8

=item OFFSET

Unsigned integer. Where the IP header begins. Default is 0. The old syntax, with a list of bad
source addresses as first argument, is understood: 0.0.0.0 and 255.255.255.255 are then bad too.

=item BADSRC

Space-separated addresses. Packets from these are bad, unless GOODDST exempts them.

=item GOODDST

Space-separated addresses. Packets to these may come from any source.

=item INTERFACES

Space-separated addresses with prefix, those of this router's interfaces. Short for BADSRC with
their broadcast addresses, 0.0.0.0 and 255.255.255.255, and GOODDST with the addresses themselves.

=item CHECKSUM

Boolean. If false, the checksum is not looked at. Default is true.

=item VERBOSE

Boolean. If true, every bad packet is reported, not only the first. Default is false.

=item DETAILS

Boolean. If true, there is a handler C<drop_details>. Default is false.

=back

=h drops read-only

Returns the number of bad packets. By reason they are counted in
C<too_short>, C<bad_version>, C<bad_header_length>, C<bad_length>, C<bad_checksum> and
C<bad_source>.

=h drop_details read-only

Returns how many packets were bad for which reason. Only where DETAILS is true.

=a CheckIPHeader2, MarkIPHeader, SetIPChecksum, CheckTCPHeader, CheckUDPHeader, CheckICMPHeader
*/

import { makeCheckIPHeader } from '../lib/check-ip.ts'

export default makeCheckIPHeader('CheckIPHeader', true)
