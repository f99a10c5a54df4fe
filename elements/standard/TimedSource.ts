/*
=c

TimedSource([INTERVAL, DATA, I<keywords>])

=s basicsources

periodically generates a packet

=d

Makes packets of DATA and pushes one out of its output every INTERVAL seconds.

=over 8

=item INTERVAL

Time. Default is 0.5 seconds.

=item DATA

String. Default is a text of at least 64 bytes.

=item LIMIT

Integer. Stops after LIMIT packets; negative: no limit. Default is -1.

=item HEADROOM

Unsigned. Accepted; packets have the standard headroom.

=item ACTIVE

Boolean. Default is true.

=item STOP

Boolean. If true, stops the driver once LIMIT packets are sent. Default is false.

=back

=h data read/write

Returns or sets the DATA parameter.

=h interval read/write

Returns or sets the INTERVAL parameter.

=h active read/write

Makes the element active or inactive.

=h count read-only

Returns the number of packets that have been generated.

=h reset write-only

Resets the number of generated packets to 0.

=e

  TimedSource(INTERVAL 0.333) -> ...

=a InfiniteSource, RatedSource
*/

import { arg, element } from '../../dataplane/element.ts'
import { parseSeconds } from '../../lib/click/args.ts'
import { SETTINGS, toBool } from '../lib/settings.ts'
import { DEFAULT_DATA, dataBytes, makePacket } from '../lib/source-data.ts'

export default element({
  name: 'TimedSource',
  ports: '0/1',
  processing: 'h/h',
  source: true,

  config: {
    INTERVAL: arg.seconds(0.5).at(),
    DATA: arg.string(DEFAULT_DATA).at(),
    LIMIT: arg.int(-1),
    HEADROOM: arg.count(0),
    ACTIVE: arg.bool(true),
    STOP: arg.bool(false),
  },

  counters: { count: 'packets generated' },

  local: SETTINGS,

  open(self): { active: boolean; ms: number; data: string; bytes: Uint8Array } {
    const { ACTIVE, INTERVAL, DATA } = self.config
    return { active: ACTIVE, ms: INTERVAL * 1000, data: DATA, bytes: dataBytes(DATA, -1) }
  },

  initialize(self) {
    if (self.resource.active) self.timerAt(self.router.nowMs + self.resource.ms)
  },

  timer(self) {
    const { counters, resource, router } = self
    const { LIMIT, STOP } = self.config
    if (!resource.active) return
    if (LIMIT < 0 || counters.count < LIMIT) {
      const p = makePacket(router.pool, resource.bytes, router.nowUs)
      if (p !== null) {
        counters.count++
        self.out[0]!(p)
      }
      self.timerAt(router.nowMs + resource.ms)
    } else if (STOP) router.stop()
  },

  handlers: {
    data: {
      raw: true,
      read: (self) => self.resource.data,
      write(self, value) {
        self.resource.data = value
        self.resource.bytes = dataBytes(value, -1)
      },
    },
    interval: {
      read: (self) => String(self.resource.ms / 1000),
      write(self, value) {
        const seconds = parseSeconds(value.trim())
        if (seconds === null || seconds === 0) throw new Error('bad interval')
        self.resource.ms = seconds * 1000
        if (self.resource.active) self.timerAt(self.router.nowMs + self.resource.ms)
      },
    },
    active: {
      read: (self) => String(self.resource.active),
      write(self, value) {
        self.resource.active = toBool(value)
        self.timerAt(self.resource.active ? self.router.nowMs + self.resource.ms : -1)
      },
    },
    reset: {
      button: true,
      write(self) {
        self.counters.count = 0
        if (self.resource.active) self.timerAt(self.router.nowMs + self.resource.ms)
      },
    },
  },
})
