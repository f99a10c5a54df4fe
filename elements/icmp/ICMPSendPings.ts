/*
=c

ICMPSendPings(SRC, DST [, I<keywords> INTERVAL, IDENTIFIER, LIMIT, STOP, DATA, ACTIVE, MIRROR, VERBOSE])

=s icmp

sends ICMP echo requests

=d

The old name of ICMPPingSource.

Makes echo requests from SRC to DST. Where the output is pushed, one goes out every INTERVAL; where
it is pulled, at each pull. Their sequence numbers begin with 1.

Replies that come to the input are reported, and counted with their round trip times, as ping(8)
does. At the end a summary is printed.

Keyword arguments are:

=over 8

=item INTERVAL

Time between requests, in whole milliseconds. Default is 1 second.

=item IDENTIFIER

Unsigned integer below 65536. Default is 0. It is sent with its lower byte first.

=item LIMIT

Integer. Requests sent at most; negative: no limit. Default is -1.

=item STOP

Boolean. If true, the router stops when LIMIT is reached. Default is false.

=item DATA

String. What requests carry behind their header. Default is nothing.

=item ACTIVE

Boolean. If false, no requests are sent. Default is true.

=item MIRROR

Boolean. If true, each reply is turned into the next request at once, whatever LIMIT says. Only for
pushed outputs. Default is false.

=item VERBOSE

Boolean. If false, replies are not reported. Default is true.

=back

=h active read/write

Returns or sets the ACTIVE parameter.

=h count read-only

Returns the number of requests sent.

=h limit write-only

Sets the LIMIT parameter.

=h interval write-only

Sets the INTERVAL parameter.

=h reset_counts write-only

Sets all counts to 0.

=h src read/write

Returns or sets the SRC parameter.

=h dst read/write

Returns or sets the DST parameter.

=h summary read-only

Returns requests sent, replies received, loss, and round trip times, as ping(8) prints them.

=h rtt_min read-only

Returns the shortest round trip time seen; 0: none was.

=h rtt_avg read-only

Returns the average of the round trip times.

=h rtt_max read-only

Returns the longest round trip time seen.

=a ICMPPingSource
*/

import { makeICMPPingSource } from '../lib/ping-source.ts'

export default makeICMPPingSource('ICMPSendPings')
