/*
=c

SetTimestampDelta([I<keywords> TYPE])

=s timestamps

sets the time annotation to a difference

=d

Replaces packets' time annotation by a difference of times. Packets without a time stay as they
are.

=over 8

=item TYPE

C<RANGE>: since the first packet with a time (the default). C<NOW>: from the packet's time to now.
C<FIRST>: from the packet's first time annotation to its time.

=back

=h first read-only

Returns the time of the first packet.

=h reset write-only

Forgets the first packet.

=a SetTimestamp, AdjustTimestamp, TimeFilter
*/

import { cell } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import { firstTimeUs } from '../lib/anno-words.ts'
import { timeText } from '../lib/time-text.ts'

export default element({
  name: 'SetTimestampDelta',
  ports: '1/1',

  config: { TYPE: arg.text('RANGE') },

  state: {
    first: cell({
      version: 1,
      scope: 'local',
      reason: 'differences are to the first packet that this replica saw',
      row: { time_us: 'f64' },
    }),
  },

  configure(config, context) {
    if (!/^(?:RANGE|NOW|FIRST)$/.test(config.TYPE)) context.error('bad TYPE')
  },

  action(self, p) {
    const { first } = self.state
    if (p.timeUs === 0) return p
    if (self.config.TYPE === 'NOW') p.timeUs = self.router.nowUs - p.timeUs
    else if (self.config.TYPE === 'FIRST') p.timeUs -= firstTimeUs(p)
    else {
      if (first.time_us === 0) first.time_us = p.timeUs
      p.timeUs -= first.time_us
    }
    return p
  },

  handlers: {
    first: { read: (self) => timeText(self.state.first.time_us) },
    reset: {
      button: true,
      write(self) {
        self.state.first.time_us = 0
      },
    },
  },
})
