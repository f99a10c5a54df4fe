/*
=c

EtherSwitch([I<keywords> TIMEOUT])

=s ethernet

learning, forwarding Ethernet switch

=d

Each input and the output of its number stand for a LAN. A packet's source address is remembered with
the input that it came by; packets to an address that is known go to that output only, or are dropped
where they came from there. Packets to unknown and group addresses go to every output but their own.

The table is state of scope shared: a new replica starts with what the old one knew. It holds 65536
addresses.

Keyword arguments are:

=over 8

=item TIMEOUT

Seconds without a packet from an address after which it is forgotten. If 0, nothing is learnt, and the
element is a hub. Default is 300.

=back

=h table read-only

Returns the known addresses, one a line: Ethernet address, port.

=h timeout read/write

Returns or sets the TIMEOUT parameter.

=h runts read-only

Returns the number of packets dropped because they were too short for an Ethernet header.

=h not_learnt read-only

Returns the number of packets from addresses for which the table had no room: packets to those go to
all outputs.

=a ListenEtherSwitch
*/

import { makeEtherSwitch } from '../lib/ether-switch.ts'

export default makeEtherSwitch('EtherSwitch', false)
