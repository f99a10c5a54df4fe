/*
=c

BandwidthMeter(RATE1, RATE2, ..., RATEI<n>)

=s shaping

sends packets to outputs by how many bytes come

=d

What Meter is, with rates of bytes: each RATE is a bandwidth, as '384kbps'; without a unit, bytes a
second.

=h rate read-only

Returns the recent rate in bytes per second.

=h meters read-only

Returns the rates of the configuration as they are compared, one a line.

=e

  ... -> m :: BandwidthMeter(20kBps);
  m [0] -> ...
  m [1] -> Discard;

=a Meter, BandwidthRatedSplitter, BandwidthShaper
*/

import { meter } from '../lib/meter.ts'

export default meter('BandwidthMeter', 'bytes')
