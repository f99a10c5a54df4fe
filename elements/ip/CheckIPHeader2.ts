/*
=c

CheckIPHeader2([OFFSET, I<keywords> BADSRC, GOODDST, INTERFACES, CHECKSUM, VERBOSE, DETAILS])

=s ip

checks IP header, no checksum

=d

Like CheckIPHeader, but does not look at checksums unless it is told to.

=over 8

=item OFFSET

Unsigned integer. Where the IP header begins. Default is 0.

=item BADSRC

Space-separated addresses. Packets from these are bad, unless GOODDST exempts them.

=item GOODDST

Space-separated addresses. Packets to these may come from any source.

=item INTERFACES

Space-separated addresses with prefix; see CheckIPHeader.

=item CHECKSUM

Boolean. If true, the checksum is checked. Default is false.

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

=a CheckIPHeader, MarkIPHeader
*/

import { makeCheckIPHeader } from '../lib/check-ip.ts'

export default makeCheckIPHeader('CheckIPHeader2', false)
