/*
=c

RawSocket(TYPE [, PORT, I<keywords>])

=s comm

exchanges IP packets over a raw socket

=d

IP packets of the protocol that this host receives leave by the output, with network
header and destination annotations; the kernel gets them too. IP packets that are
pulled from the input are sent, header included, to their destination. Packets do not
pass from input to output. It needs root, or CAP_NET_RAW.

=over 8

=item TYPE

Protocol: C<TCP>, C<UDP>, C<ICMP>, C<GRE> or a number.

=item PORT

With TCP and UDP, a port that is reserved so that no other program takes it. With
others, a number that has no effect.

=item SNAPLEN

Unsigned. Bytes of a received packet at most. Default is 2048.

=item HEADROOM

Unsigned. Bytes in front of received packets. Default is 256.

=back

=e

  RawSocket(ICMP) -> IPPrint -> Discard;

=h count read-only

Returns the number of packets received.

=h drops read-only

Returns the number of packets that could not be sent.

=a Socket, FromRawSocket, ToRawSocket
*/

import { rawElement } from '../lib/raw-element.ts'

export default rawElement('RawSocket', '0-1/0-1')
