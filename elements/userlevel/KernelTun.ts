/*
=c

KernelTun(ADDR/MASK [, GATEWAY, I<keywords>])

=s comm

exchanges IP packets with the kernel by a tun device

=d

Makes a network interface of the kernel (F</dev/net/tun>) with the address ADDR/MASK and
brings it up. IP packets that the kernel sends to other addresses of that network leave
by output 0; IP packets that come in by the input are received by the kernel. They need
a network header annotation (CheckIPHeader, MarkIPHeader). What is not IP leaves by
output 1 where there is one.

The interface is removed when the router stops. It needs root, or CAP_NET_ADMIN; it is
made in the network namespace of the process.

=over 8

=item ADDR/MASK

The interface's address.

=item GATEWAY

IP address on that network. A default route by it is added.

=item MTU

Integer. Longer packets are dropped. Default is 1500.

=item HEADROOM

Unsigned. Bytes in front of received packets. Default is 256.

=item DEVNAME

Name of the interface. By default the kernel chooses one.

=item ETHER

Ethernet address, with TAP. Default is 00:01:02:03:04:05.

=item TAP

Boolean. If true, it is a KernelTap. Default is false.

=item BURST

Integer. Accepted; packets are read in batches.

=item IGNORE_QUEUE_OVERFLOWS

Boolean. If true, prints only the first message of a full queue. Default is false.

=back

=e

  tun :: KernelTun(10.9.0.1/24);
  tun -> IPClassifier(icmp type echo) -> ICMPPingResponder -> tun;

=h dev_name read-only

Returns the interface's name.

=h packets read-only

Returns the number of packets that came from the kernel.

=h count read-only

The same.

=h drops read-only

Returns the number of packets that the kernel was not given.

=a KernelTap, FromHost, ToHost, FromDevice, ToDevice
*/

import { tunElement } from '../lib/tun-element.ts'

export default tunElement('KernelTun', false)
