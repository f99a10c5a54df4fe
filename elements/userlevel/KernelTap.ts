/*
=c

KernelTap(ADDR/MASK [, GATEWAY, I<keywords>])

=s comm

exchanges Ethernet frames with the kernel by a tap device

=d

Makes an Ethernet interface of the kernel (F</dev/net/tun>) with the address ADDR/MASK
and brings it up. Frames that the kernel sends leave by output 0; frames that come in by
the input are received by the kernel: their destination must be ETHER. The kernel asks
for addresses by ARP; somebody must answer.

It takes the arguments of KernelTun and needs the same; its
handlers are those of KernelTun, C<count> and C<drops> among them.

=over 8

=item ETHER

Ethernet address of the interface. Default is 00:01:02:03:04:05.

=item MTU

Integer, without the Ethernet header. Longer packets are dropped. Default is 1500.

=back

=e

  tap :: KernelTap(10.9.0.1/24) -> c :: Classifier(12/0806, 12/0800);
  c[0] -> ARPResponder(0.0.0.0/0 1:1:1:1:1:1) -> tap;
  c[1] -> Discard;

=a KernelTun, FromHost, ToHost
*/

import { tunElement } from '../lib/tun-element.ts'

export default tunElement('KernelTap', true)
