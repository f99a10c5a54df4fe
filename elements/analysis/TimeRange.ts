/*
=c

TimeRange([I<keywords> SIMPLE])

=s timestamps

remembers the range of packets' times

=d

Passes packets unchanged and keeps the earliest and the latest of their time
annotations. Packets without a time count as of no time.

=over 8

=item SIMPLE

Boolean. Says that times only go up: the first packet is the earliest, the last the
latest. Default is false.

=back

=h first read-only

Returns the earliest time; 0.000000 where no packet has passed.

=h last read-only

Returns the latest time.

=h range read-only

Returns both, apart by a blank.

=h interval read-only

Returns how many seconds lie between both.

=h reset write-only

Forgets the range.

=a TimeFilter
*/

import { cell } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import { timeText } from '../lib/time-text.ts'

export default element({
  name: 'TimeRange',
  ports: '1/1',

  config: { SIMPLE: arg.bool(false) },

  state: {
    // Replicas' ranges meet: the latest time is the greatest, and so is the earliest, negated.
    range: cell({
      version: 1,
      scope: 'shared',
      merge: 'max',
      row: { minus_first_us: 'f64', last_us: 'f64', begun: 'u8' },
    }),
  },

  action(self, p) {
    const { range } = self.state
    const us = p.timeUs
    if (range.begun === 0) {
      range.begun = 1
      range.minus_first_us = -us
      range.last_us = us
    } else if (self.config.SIMPLE || us > range.last_us) range.last_us = us
    else if (-us > range.minus_first_us) range.minus_first_us = -us
    return p
  },

  handlers: {
    first: { read: (self) => timeText(-self.state.range.minus_first_us) },
    last: { read: (self) => timeText(self.state.range.last_us) },
    range: {
      read: ({ state: { range } }) =>
        `${timeText(-range.minus_first_us)} ${timeText(range.last_us)}`,
    },
    interval: { read: ({ state: { range } }) => timeText(range.last_us + range.minus_first_us) },
    reset: {
      button: true,
      write({ state: { range } }) {
        range.begun = 0
        range.minus_first_us = 0
        range.last_us = 0
      },
    },
  },
})
