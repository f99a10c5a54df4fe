/*
=c

TimedUnqueue(INTERVAL [, BURST])

=s shaping

pull-to-push converter

=d

Once in INTERVAL seconds, pulls up to BURST packets and pushes them out. When none have come for a
while it sleeps; the next packet then passes at once.

=over 8

=item INTERVAL

Time, in whole milliseconds.

=item BURST

Integer, at least 1. Default is 1.

=back

=e

  ... -> Queue -> TimedUnqueue(0.1s, 10) -> ...

=a Burster, RatedUnqueue, Unqueue
*/

import { timedUnqueue } from '../lib/timed-unqueue.ts'

export default timedUnqueue('TimedUnqueue', 1)
