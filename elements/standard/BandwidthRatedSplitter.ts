/*
=c

BandwidthRatedSplitter(RATE [, I<keywords> BURST_DURATION, BURST_BYTES])

=s shaping

splits flow of packets at specified bandwidth

=d

Sends up to RATE bytes a second to output 0, the others to output 1.

=over 8

=item RATE

Bandwidth, as '1Mbps'; without a unit, bytes a second.

=item BURST_DURATION

Time. Unused rate is saved up for so long. Default is 20 ms.

=item BURST_BYTES

Integer. Most bytes that are saved up; only one of both may be given.

=back

=h rate read/write

Returns or sets the RATE parameter.

=a RatedUnqueue, Switch
*/

import { ratedSplitter } from '../lib/rated-splitter.ts'

export default ratedSplitter('BandwidthRatedSplitter', 'bytes')
