/*
=c

PrioSched

=s scheduling

pulls from priority-scheduled inputs

=d

Each pull takes a packet from the first input that has one: input 0 comes first.

=a RoundRobinSched, StrideSched
*/

import { prioSched } from '../lib/scheds.ts'

export default prioSched('PrioSched')
