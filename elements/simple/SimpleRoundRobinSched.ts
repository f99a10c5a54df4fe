/*
=c

SimpleRoundRobinSched

=s scheduling

pulls from round-robin inputs

=d

What RoundRobinSched is: each pull starts at the input behind the one that gave the last packet.

=a RoundRobinSched, SimplePrioSched
*/

import { roundRobinSched } from '../lib/scheds.ts'

export default roundRobinSched('SimpleRoundRobinSched')
