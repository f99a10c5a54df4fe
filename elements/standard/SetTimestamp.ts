/*
=c

SetTimestamp([TIMESTAMP, I<keyword> FIRST])

=s timestamps

sets the time annotation

=d

Sets packets' time annotation to TIMESTAMP, or to the time at which they come.

=over 8

=item TIMESTAMP

Time, in seconds since the epoch. Default is the present.

=item FIRST

Boolean. If true, sets the first time annotation instead. Default is false.

=back

=e

  ... -> SetTimestamp(FIRST true) -> Queue -> CoDel -> ...

=a SetTimestampDelta, Print, CoDel
*/

import { arg, element } from '../../dataplane/element.ts'
import { setFirstTimeUs } from '../lib/anno-words.ts'

export default element({
  name: 'SetTimestamp',
  ports: '1/1',

  config: {
    TIMESTAMP: arg.seconds(-1).at(),
    FIRST: arg.bool(false),
  },

  action(self, p) {
    const { TIMESTAMP, FIRST } = self.config
    const us = TIMESTAMP < 0 ? self.router.nowUs : Math.round(TIMESTAMP * 1e6)
    if (FIRST) setFirstTimeUs(p, us)
    else p.timeUs = us
    return p
  },
})
