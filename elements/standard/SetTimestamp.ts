/*
=c

SetTimestamp([TIMESTAMP])

=s timestamps

sets the time annotation

=d

Sets packets' time annotation to TIMESTAMP, or to the time at which they come.

=a SetTimestampDelta, Print
*/

import { arg, element } from '../../dataplane/element.ts'

export default element({
  name: 'SetTimestamp',
  ports: '1/1',

  config: { TIMESTAMP: arg.seconds(-1).at() },

  action(self, p) {
    const { TIMESTAMP } = self.config
    p.timeUs = TIMESTAMP < 0 ? self.router.nowUs : Math.round(TIMESTAMP * 1e6)
    return p
  },
})
