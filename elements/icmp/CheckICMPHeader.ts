/*
=c

CheckICMPHeader([I<keywords> VERBOSE, DETAILS])

=s icmp

checks ICMP header on ICMP packets

=d

Takes ICMP packets with their IP header annotation set. Checks that the message is of a length that
its type can have and the checksum is right. A bad packet goes to output 1 where that is connected, and is
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

import { sumPacket } from '../lib/checksum.ts'
import { INFORMATION_REPLY, icmpHeaderLength, isErrorType, TIMESTAMP } from '../lib/icmp.ts'
import { ICMP } from '../lib/ip-header.ts'
import { makeTransportCheck } from '../lib/transport-check.ts'

/** Header, IP header and 8 bytes of the packet that an error is about. */
const ERROR_LENGTH = 36

export default makeTransportCheck('CheckICMPHeader', 'ICMP header', ICMP, (p, t, length) => {
  if (length < 8 || !lengthFits(p.mem[t]!, length)) return 'bad_length'
  return sumPacket(p, t, length) === 0xffff ? null : 'bad_checksum'
})

/** Errors quote a packet; times and information messages have nothing behind their headers. */
function lengthFits(type: number, length: number): boolean {
  if (isErrorType(type)) return length >= ERROR_LENGTH
  return type >= TIMESTAMP && type <= INFORMATION_REPLY ? length === icmpHeaderLength(type) : true
}
