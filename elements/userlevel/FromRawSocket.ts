/*
=c

FromRawSocket(TYPE [, PORT, I<keywords>])

=s comm

reads IP packets from a raw socket

=d

A RawSocket without input. See there for the arguments.

=e

  FromRawSocket(UDP, 53) -> IPPrint -> Discard;

=h count read-only

Returns the number of packets received.

=h drops read-only

Returns 0.

=a RawSocket, ToRawSocket
*/

import { rawElement } from '../lib/raw-element.ts'

export default rawElement('FromRawSocket', '0/1')
