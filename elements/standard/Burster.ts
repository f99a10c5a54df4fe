/*
=c

Burster(INTERVAL [, BURST])

=s shaping

pull-to-push converter

=d

A TimedUnqueue that pulls up to 8 packets at a time where BURST is not given.

=over 8

=item INTERVAL

Time, in whole milliseconds.

=item BURST

Integer, at least 1. Default is 8.

=back

=e

  ... -> Queue -> Burster(0.1s) -> ...

=a TimedUnqueue
*/

import { timedUnqueue } from '../lib/timed-unqueue.ts'

export default timedUnqueue('Burster', 8)
