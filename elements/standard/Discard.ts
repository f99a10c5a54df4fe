/*
=c

Discard([I<keywords> ACTIVE, BURST])

=s basicsources

the end of packets

=d

Packets that are pushed to it end here. Where its input is pulled, it pulls for as
long as there are packets.

=over 8

=item ACTIVE

Boolean. Whether it pulls. Default is true.

=item BURST

Unsigned. How many packets it pulls at a time. Default is 1.

=back

=h active read/write

Returns or sets the ACTIVE parameter; of use only in a pull context.

=h burst read/write

Returns or sets the BURST parameter.

=h count read-only

Returns the number of packets discarded.

=h reset_counts write-only

Resets the count to zero.

=a Idle, Queue
*/

import { arg, element } from '../../dataplane/element.ts'
import { SETTINGS, toBool, toInteger } from '../lib/settings.ts'

export default element({
  name: 'Discard',
  ports: '1/0',
  processing: 'a/a',

  config: {
    ACTIVE: arg.bool(true),
    BURST: arg.count(1),
  },

  counters: { count: 'packets discarded' },

  local: SETTINGS,

  configure(config, context) {
    if (config.BURST < 1) context.error('BURST: must be at least 1')
  },

  open(self): { active: boolean; burst: number } {
    return { active: self.config.ACTIVE, burst: self.config.BURST }
  },

  initialize(self) {
    if (self.inputKinds[0] === 'pull' && self.resource.active) self.schedule()
  },

  push(self, _port, p) {
    self.counters.count++
    self.kill(p)
  },

  task(self) {
    const { active, burst } = self.resource
    if (!active || self.inputKinds[0] !== 'pull') return false
    for (let n = 0; n < burst; n++) {
      const p = self.in[0]!()
      if (p === null) return n > 0
      self.counters.count++
      self.kill(p)
    }
    return true
  },

  handlers: {
    active: {
      read: (self) => String(self.resource.active),
      write(self, value) {
        self.resource.active = toBool(value)
        if (self.resource.active) self.schedule()
      },
    },
    burst: {
      read: (self) => String(self.resource.burst),
      write(self, value) {
        self.resource.burst = toInteger(value, 1, 'burst parameter must be integer >= 1')
      },
    },
    reset_counts: {
      button: true,
      write(self) {
        self.counters.count = 0
      },
    },
  },
})
