/*
=c

Meter(RATE1, RATE2, ..., RATEI<n>)

=s shaping

sends packets to outputs by how fast they come

=d

Measures how many packets a second have come lately, and sends all of them to the output that fits:
output 0 below RATE1, output 1 from RATE1 to below RATE2, and so on to output I<n> from RATEI<n> on.
The rates rise from one to the next. RatedSplitter is there to split traffic instead: so much to one
output, the rest to the other.

=h rate read-only

Returns the recent rate in packets per second.

=h meters read-only

Returns the rates of the configuration as they are compared, one a line.

=e

  ... -> m :: Meter(10000);
  m [0] -> ...
  m [1] -> Discard;

=a BandwidthMeter, RatedSplitter, Shaper
*/

import { meter } from '../lib/meter.ts'

export default meter('Meter', 'packets')
