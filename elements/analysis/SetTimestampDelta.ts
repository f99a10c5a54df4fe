/*
=c

SetTimestampDelta([I<keywords> TYPE])

=s timestamps

sets the time annotation to a difference

=d

Sets packets' time annotation to the time since the first packet.

=over 8

=item TYPE

C<RANGE> since the first packet (the default), or C<NOW> since the packet's own time, as
seen now.

=back

=h first read-only

Returns the time of the first packet.

=h reset write-only

Forgets the first packet.

=a SetTimestamp
*/

import { cell } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'

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
    if (!/^(?:RANGE|NOW)$/.test(config.TYPE)) context.error("TYPE: expected 'RANGE' or 'NOW'")
  },

  action(self, p) {
    const { first } = self.state
    if (self.config.TYPE === 'NOW') {
      p.timeUs = self.router.nowUs - p.timeUs
      return p
    }
    if (first.time_us === 0) first.time_us = p.timeUs
    p.timeUs -= first.time_us
    return p
  },

  handlers: {
    first: { read: (self) => (self.state.first.time_us / 1e6).toFixed(6) },
    reset: {
      button: true,
      write(self) {
        self.state.first.time_us = 0
      },
    },
  },
})
