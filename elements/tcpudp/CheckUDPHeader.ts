/*
=c

CheckUDPHeader([I<keywords> VERBOSE, DETAILS])

=s udp

checks UDP header on UDP packets

=d

Takes UDP packets with their IP header annotation set. Checks that length and checksum are right;
a checksum of 0 is none. A bad packet goes to output 1 where that is connected, and is dropped
otherwise; so does a packet of another protocol. Fragments are looked at like whole packets, so they
are bad: they are shorter than their UDP length. The first bad packet is reported on the console.

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

=a CheckIPHeader, CheckTCPHeader, CheckICMPHeader
*/

import { u16At } from '../lib/ip-header.ts'
import { makeTransportCheck, segmentFits } from '../lib/transport-check.ts'

const HEADER = 8

export default makeTransportCheck('CheckUDPHeader', 'UDP header', 17, (p, t, there) => {
  const m = p.mem
  const length = there >= HEADER ? u16At(m, t + 4) : 0
  if (length < HEADER || length > there) return 'bad_length'
  const none = (m[t + 6]! | m[t + 7]!) === 0
  return none || segmentFits(p, t, length) ? null : 'bad_checksum'
})
