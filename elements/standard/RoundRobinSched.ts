/*
=c

RoundRobinSched

=s scheduling

pulls from round-robin inputs

=d

Each pull starts at the input behind the one that gave the last packet, and takes the
first packet that there is.

=a PrioSched, StrideSched
*/

import { roundRobinSched } from '../lib/scheds.ts'

export default roundRobinSched('RoundRobinSched')
