/*
=c

RandomSource(LENGTH [, LIMIT, BURST, ACTIVE, I<keywords>])

=s basicsources

generates packets of random bytes whenever scheduled

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

Boolean. If true, stops the driver once LIMIT packets are sent. Default is false.

=item END_CALL

A write handler called once LIMIT packets are sent. END_CALL and STOP exclude each other.

=back

=h count read-only

Returns the number of packets that have been generated.

=h reset write-only

Resets the number of generated packets to 0; another LIMIT packets follow.

=h length read/write

Returns or sets the LENGTH parameter.

=h limit read/write

Returns or sets the LIMIT parameter.

=h burst read/write

Returns or sets the BURST parameter.

=h active read/write

Makes the element active or inactive.

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
