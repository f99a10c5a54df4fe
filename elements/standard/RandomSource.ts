/*
=c

RandomSource(LENGTH [, LIMIT, BURST, ACTIVE, I<keywords>])

=s basicsources

makes packets of random bytes as fast as it can

=d

Makes packets of LENGTH random bytes. Otherwise it is like InfiniteSource: it pushes BURST of them
every time it is scheduled, and makes none while every queue that they end in is full.

=over 8

=item LENGTH

Unsigned integer.

=item LIMIT

Integer. Stops after so many packets; negative: never. Default is -1.

=item BURST

Integer, at least 1. Default is 1.

=item ACTIVE

Boolean. Default is true.

=item TIMESTAMP

Boolean. If false, the packets' time annotation is not set. Default is true.

=item STOP

Boolean. With it the end of LIMIT is the end of the driver's run. Default is false.

=item END_CALL

A write handler for the end of LIMIT. END_CALL and STOP exclude each other.

=back

=h count read-only

Returns how many packets it has made.

=h reset write-only

Begins to count at 0 again, so that LIMIT more packets follow.

=h length read/write

Returns or sets the LENGTH parameter.

=h limit read/write

Returns or sets the LIMIT parameter.

=h burst read/write

Returns or sets the BURST parameter.

=h active read/write

Whether it makes packets.

=e

  RandomSource(64, 1000) -> Queue -> ...

=a InfiniteSource
*/

import { arg } from '../../dataplane/element.ts'
import { infiniteSource } from '../lib/infinite-source.ts'
import { lengthHandler, sourceSettings } from '../lib/source.ts'

export default infiniteSource('RandomSource', {
  config: {
    LENGTH: arg.count().at().must(),
    LIMIT: arg.int(-1).at(),
    BURST: arg.int(1).at(),
    ACTIVE: arg.bool(true).at(),
    TIMESTAMP: arg.bool(true),
    STOP: arg.bool(false),
    END_CALL: arg.text(''),
  },
  // The bytes are written over in each packet.
  settings: (config) => sourceSettings(' ', config.LENGTH, config.LIMIT, config.ACTIVE),
  random: true,
  handlers: { length: lengthHandler },
})
