/*
=c

ListenEtherSwitch([I<keywords> TIMEOUT])

=s ethernet

learning, forwarding Ethernet switch with listen port

=d

An EtherSwitch with one output more than it has inputs: a copy of every packet goes to the last output.

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

=a EtherSwitch
*/

import { makeEtherSwitch } from '../lib/ether-switch.ts'

export default makeEtherSwitch('ListenEtherSwitch', true)
