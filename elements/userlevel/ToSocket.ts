/*
=c

ToSocket("TCP", ADDR, PORT [, I<keywords>])
ToSocket("UDP", ADDR, PORT [, I<keywords>])
ToSocket("UNIX", FILENAME [, I<keywords>])
ToSocket("UNIX_DGRAM", FILENAME [, I<keywords>])

=s comm

sends packets to a socket

=d

A Socket without output: a client, unless CLIENT is false. See Socket for the
arguments and keywords.

=e

  RatedSource(RATE 10) -> ToSocket(UDP, 127.0.0.1, 4000);

=h count read-only

Returns 0.

=h drops read-only

Returns the number of packets that could not be sent.

=a Socket, FromSocket
*/

import { socketElement } from '../lib/socket-element.ts'

export default socketElement('ToSocket', '1/0')
