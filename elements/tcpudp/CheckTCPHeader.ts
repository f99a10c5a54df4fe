/*
=c

CheckTCPHeader([I<keywords> VERBOSE, DETAILS])

=s tcp

checks TCP header on TCP packets

=d

Takes TCP packets with their IP header annotation set. Checks that header length and checksum are
right. A bad packet goes to output 1 where that is connected, and is dropped otherwise; so does a
packet of another protocol, and a fragment that is not the first. The first bad packet is reported
on the console.

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

import { makeTransportCheck, segmentFits } from '../lib/transport-check.ts'

export default makeTransportCheck('CheckTCPHeader', 'TCP header', 6, (p, t, length) => {
  if (length < 20) return 'bad_length'
  const header = (p.mem[t + 12]! >> 4) << 2
  if (header < 20 || header > length) return 'bad_length'
  return segmentFits(p, t, length) ? null : 'bad_checksum'
})
