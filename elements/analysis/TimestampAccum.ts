/*
=c

TimestampAccum()

=s timestamps

adds up how old packets are

=d

Measures for each packet how long ago its time annotation was, and adds the times up.

=h count read-only

Returns the number of packets that have passed.

=h usec read-only

Returns the microseconds that were added up.

=h time read-only

Returns the seconds that were added up.

=h average_time read-only

Returns the seconds of a packet on average.

=h reset_counts write-only

Sets count and time to zero.

=a SetTimestamp, SetTimestampDelta
*/

import { element } from '../../dataplane/element.ts'

export default element({
  name: 'TimestampAccum',
  ports: '1/1',

  config: {},

  counters: {
    count: 'packets that have passed',
    usec: 'microseconds added up',
  },

  action(self, p) {
    self.counters.usec += self.router.nowUs - p.timeUs
    self.counters.count++
    return p
  },

  handlers: {
    time: { read: ({ counters }) => String(counters.usec / 1e6) },
    average_time: {
      read: ({ counters }) => String(counters.usec / 1e6 / Math.max(1, counters.count)),
    },
    reset_counts: {
      button: true,
      write({ counters }) {
        counters.count = 0
        counters.usec = 0
      },
    },
  },
})
