/*
=c

FromSocket("TCP", ADDR, PORT [, I<keywords>])
FromSocket("UDP", ADDR, PORT [, I<keywords>])
FromSocket("UNIX", FILENAME [, I<keywords>])
FromSocket("UNIX_DGRAM", FILENAME [, I<keywords>])

=s comm

reads packets from a socket

=d

A Socket without input: a server, unless CLIENT is true. See Socket for the arguments
and keywords.

=e

  FromSocket(UDP, 127.0.0.1, 4000) -> Print -> Discard;

=h count read-only

Returns the number of packets received.

=h drops read-only

Returns 0.

=a Socket, ToSocket
*/

import { socketElement } from '../lib/socket-element.ts'

export default socketElement('FromSocket', '0/1')
