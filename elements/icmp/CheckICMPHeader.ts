/*
=c

CheckICMPHeader([I<keywords> VERBOSE, DETAILS])

=s icmp

checks ICMP header on ICMP packets

=d

Takes ICMP packets with their IP header annotation set. Checks that the message is long enough for
its type and the checksum is right. A bad packet goes to output 1 where that is connected, and is
dropped otherwise; so does a packet of another protocol, and a fragment that is not the first. The
first bad packet is reported on the console.

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

=a CheckIPHeader, CheckTCPHeader, CheckUDPHeader
*/

import { fold, sumWords } from '../lib/checksum.ts'
import { makeTransportCheck } from '../lib/transport-check.ts'

/** Bytes that messages of a type have at least; others have 8. */
const LONGER: Readonly<Record<number, number>> = { 13: 20, 14: 20, 17: 12, 18: 12 }

export default makeTransportCheck('CheckICMPHeader', 'ICMP header', 1, (p, t, length) => {
  if (length < 8 || length < (LONGER[p.mem[t]!] ?? 8)) return 'bad_length'
  return fold(sumWords(p.mem, t, length, 0)) === 0xffff ? null : 'bad_checksum'
})
