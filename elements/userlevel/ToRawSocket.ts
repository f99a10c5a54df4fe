/*
=c

ToRawSocket(TYPE [, PORT, I<keywords>])

=s comm

sends IP packets through a raw socket

=d

A RawSocket without output. See there for the arguments.

=e

  FromDump(in.pcap, FORCE_IP true) -> Queue -> ToRawSocket(UDP);

=h count read-only

Returns 0.

=h drops read-only

Returns the number of packets that could not be sent.

=a RawSocket, FromRawSocket
*/

import { rawElement } from '../lib/raw-element.ts'

export default rawElement('ToRawSocket', '1/0')
