/*
=c

InfiniteSource([DATA, LIMIT, BURST, ACTIVE, I<keywords>])

=s basicsources

makes packets as fast as it can

=d

Makes packets of DATA. Pushes BURST of them out of its output every time it is
scheduled, which is often, and stops after LIMIT packets; a negative LIMIT is no
limit. While every queue that its packets end in is full, it makes none.

=over 8

=item DATA

String. Default is a text of at least 64 bytes.

=item LIMIT

Integer. Default is -1: packets for ever.

=item BURST

Integer, at least 1. Default is 1.

=item ACTIVE

Boolean. Default is true.

=item LENGTH

Integer. If set, the packets have this length: DATA cut or repeated.

=item STOP

Boolean. With it the end of LIMIT is the end of the driver's run. Default is false.

=item END_CALL

A write handler for the end of LIMIT. END_CALL and STOP exclude
each other.

=item TIMESTAMP

Boolean. If false, the packets' time annotation is not set. Default is true.

=back

=e

  InfiniteSource(\<0800>) -> Queue -> ...

=h count read-only

Returns how many packets it has made.

=h reset write-only

Begins to count at 0 again, so that LIMIT more packets follow.

=h data read/write

Returns or sets the DATA parameter.

=h length read/write

Returns or sets the LENGTH parameter.

=h limit read/write

Returns or sets the LIMIT parameter.

=h burst read/write

Returns or sets the BURST parameter.

=h active read/write

Whether it makes packets.

=a RatedSource, Script
*/

import { arg } from '../../dataplane/element.ts'
import { infiniteSource } from '../lib/infinite-source.ts'
import { dataHandler, lengthHandler, sourceSettings } from '../lib/source.ts'
import { DEFAULT_DATA } from '../lib/source-data.ts'

export default infiniteSource('InfiniteSource', {
  config: {
    DATA: arg.string(DEFAULT_DATA).at(),
    LIMIT: arg.int(-1).at(),
    BURST: arg.int(1).at(),
    ACTIVE: arg.bool(true).at(),
    TIMESTAMP: arg.bool(true),
    LENGTH: arg.int(-1),
    DATASIZE: arg.int(-1),
    STOP: arg.bool(false),
    END_CALL: arg.text(''),
  },
  settings(config) {
    const length = config.LENGTH >= 0 ? config.LENGTH : (config.DATASIZE ?? -1)
    return sourceSettings(config.DATA ?? '', length, config.LIMIT, config.ACTIVE)
  },
  random: false,
  handlers: { data: dataHandler, length: lengthHandler },
})
