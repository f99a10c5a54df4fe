/*
=c

Socket("TCP", ADDR, PORT [, LOCAL_ADDR, LOCAL_PORT, I<keywords>])
Socket("UDP", ADDR, PORT [, LOCAL_ADDR, LOCAL_PORT, I<keywords>])
Socket("UNIX", FILENAME [, LOCAL_FILENAME, I<keywords>])
Socket("UNIX_DGRAM", FILENAME [, LOCAL_FILENAME, I<keywords>])

=s comm

exchanges packets with another host or process over a socket

=d

Packets that come in by the input are written to the socket; what is read from the
socket leaves by the output. Packets do not pass from input to output.

A server binds to the address. A stream server (C<TCP>, C<UNIX>) then serves one
connection at a time; a datagram server (C<UDP>, C<UNIX_DGRAM>) takes datagrams from
all, and sends to whoever sent last. A client connects to the address, or sends its
datagrams there; a C<UDP> client of address 0.0.0.0 sends each packet to its
destination address annotation.

It is a client where CLIENT says so, where it has no output, or where a local address
is given: that is bound to before it connects.

A stream has no packet boundaries: one packet is what one read gives. A pushed packet
waits for room in the socket, 5 seconds at most; a pulled one is pulled when there is
room. What cannot be sent is dropped and counted.

When a configuration is replaced, a Socket of the same name and arguments keeps its
connection. A client does not connect again when the connection has ended.

=over 8

=item TYPE

C<TCP>, C<UDP>, C<UNIX> or C<UNIX_DGRAM>.

=item CLIENT

Boolean. Whether it is a client.

=item SNAPLEN

Unsigned. Bytes of a received packet at most: the rest of a longer datagram is cut
off, and the extra length annotation has its length. Default is 2048.

=item HEADROOM

Unsigned. Bytes in front of received packets. Default is 256.

=item TIMESTAMP

Boolean. If true, received packets have the current time as time annotation. Default
is true.

=item NODELAY

Boolean. If true, a TCP socket sends each packet without waiting for more. Default is
true.

=item SNDBUF, RCVBUF

Unsigned. Bytes of the kernel's buffers. The default is the system's.

=item ALLOW, DENY

Routing elements that a server looks the other side's address up in. It is accepted
where ALLOW has a route for it; otherwise refused where DENY has one; otherwise
accepted.

=item VERBOSE

Boolean. If true, prints when connections come and go. Default is false.

=item PROPER

Boolean. Accepted; has no effect.

=back

=e

  FromDump(in.pcap) -> Socket(UDP, 127.0.0.1, 4000);
  Socket(TCP, 127.0.0.1, 4001) -> Print(got) -> Discard;

=h count read-only

Returns the number of packets received.

=h drops read-only

Returns the number of packets that could not be sent.

=a McastSocket, RawSocket, FromSocket, ToSocket
*/

import { socketElement } from '../lib/socket-element.ts'

export default socketElement('Socket', '0-1/0-1')
