/*
=c

RatedUnqueue(RATE [, I<keywords> BURST_DURATION, BURST_SIZE])

=s shaping

pull-to-push converter

=d

Pulls packets and pushes them on, RATE of them a second.

=over 8

=item RATE

Integer, packets a second.

=item BURST_DURATION

Time. Unused rate is saved up for so long. Default is 20 ms.

=item BURST_SIZE

Integer. Most packets that are saved up; only one of both may be given.

=back

=h rate read/write

Returns or sets the RATE parameter.

=h active read/write

Makes the element active or inactive.

=h count read-only

Returns the number of packets passed.

=a RatedSplitter, Unqueue
*/

import { ratedUnqueue } from '../lib/rated-unqueue.ts'

export default ratedUnqueue('RatedUnqueue', 'packets')
