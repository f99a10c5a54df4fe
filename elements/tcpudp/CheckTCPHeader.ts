/*
=c

CheckTCPHeader([I<keywords> VERBOSE, DETAILS])

=s tcp

checks TCP header on TCP packets

=d

Takes TCP packets with their IP header annotation set. Checks that header length and checksum are
right. A bad packet goes to output 1 where that is connected, and is dropped otherwise; so does a
packet of another protocol. Fragments are looked at like whole packets, so they are bad: what their
checksum is of is not all there. The first bad packet is reported on the console.

Keyword arguments are:

=over 8

=item VERBOSE

Boolean. If true, every bad packet is reported, not only the first. Default is false.

=item DETAILS

Boolean. If true, there is a handler C<drop_details>. Default is false.

=back

=h drops read-only

Returns the number of bad packets. By reason they are counted in
C<not_protocol>, C<bad_length> and C<bad_checksum>.

=h drop_details read-only

Returns how many packets were bad for which reason. Only where DETAILS is true.

=a CheckIPHeader, CheckUDPHeader, CheckICMPHeader
*/

import { headerLength, u16At } from '../lib/ip-header.ts'
import { makeTransportCheck, segmentFits } from '../lib/transport-check.ts'

const HEADER = 20

export default makeTransportCheck('CheckTCPHeader', 'TCP header', 6, (p, t, there) => {
  const m = p.mem
  const length = u16At(m, p.net + 2) - headerLength(m, p.net)
  const header = there > 12 ? (m[t + 12]! >> 4) << 2 : 0
  if (header < HEADER || header > length || length > there) return 'bad_length'
  return segmentFits(p, t, length) ? null : 'bad_checksum'
})
