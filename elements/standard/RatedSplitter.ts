/*
=c

RatedSplitter(RATE [, I<keywords> BURST_DURATION, BURST_SIZE])

=s shaping

splits flow of packets at specified rate

=d

Sends up to RATE packets a second to output 0, the others to output 1.

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

=a RatedUnqueue, Switch
*/

import { ratedSplitter } from '../lib/rated-splitter.ts'

export default ratedSplitter('RatedSplitter', 'packets')
