/*
=c

SimplePrioSched

=s scheduling

pulls from priority-scheduled inputs

=d

What PrioSched is: each pull takes a packet from the first input that has one.

=a PrioSched, SimpleRoundRobinSched
*/

import { prioSched } from '../lib/scheds.ts'

export default prioSched('SimplePrioSched')
