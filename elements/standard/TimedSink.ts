/*
=c

TimedSink([INTERVAL])

=s basicsources

periodically pulls a packet

=d

Pulls one packet every INTERVAL seconds and discards it. Default is 500 milliseconds.

=h interval read/write

Returns or sets the INTERVAL parameter.

=h count read-only

Returns the number of packets discarded.

=a TimedSource, Discard
*/

import { arg, element } from '../../dataplane/element.ts'
import { parseSeconds } from '../../lib/click/args.ts'
import { SETTINGS } from '../lib/settings.ts'

export default element({
  name: 'TimedSink',
  ports: '1/0',
  processing: 'l/h',

  config: { INTERVAL: arg.seconds(0.5).at() },

  counters: { count: 'packets discarded' },

  local: SETTINGS,

  open(self): { ms: number } {
    return { ms: self.config.INTERVAL * 1000 }
  },

  initialize(self) {
    self.timerAt(self.router.nowMs + self.resource.ms)
  },

  timer(self) {
    const p = self.in[0]!()
    if (p !== null) {
      self.counters.count++
      self.kill(p)
    }
    self.timerAt(self.router.nowMs + self.resource.ms)
  },

  handlers: {
    interval: {
      read: (self) => String(self.resource.ms / 1000),
      write(self, value) {
        const seconds = parseSeconds(value.trim())
        if (seconds === null || seconds === 0) throw new Error('bad interval')
        self.resource.ms = seconds * 1000
        self.timerAt(self.router.nowMs + self.resource.ms)
      },
    },
  },
})
