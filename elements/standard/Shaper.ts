/*
=c

Shaper(RATE)

=s shaping

shapes traffic to a maximum rate

=d

Lets at most RATE packets a second through to those who pull from output 0. Where output 1
is connected, it gives packets only while output 0 may not.

=over 8

=item RATE

Integer, packets a second.

=back

=h rate read/write

Returns or sets the RATE parameter.

=h reset write-only

Begins anew: the next packet may pass at once.

=a RatedUnqueue, DelayShaper
*/

import { shaper } from '../lib/shaper.ts'

export default shaper('Shaper', 'packets')
