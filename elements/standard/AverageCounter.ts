/*
=c

AverageCounter([IGNORE])

=s counters

measures packet count and average rate

=d

Passes packets unchanged, and counts them and their bytes. Its rates are plain averages over the
time from the first packet to the last.

=over 8

=item IGNORE

Unsigned integer, seconds. What comes so soon after the first packet is not counted. Default is 0.

=back

=h count read-only

Returns the number of packets counted since the last reset.

=h byte_count read-only

Returns the number of bytes counted since the last reset.

=h rate read-only

Returns the average rate in packets per second.

=h byte_rate read-only

Returns the average rate in bytes per second.

=h reset write-only

Forgets everything: the next packet is the first.

=e

  ... -> AverageCounter(IGNORE 5) -> ...

=a Counter
*/

import { cell } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'

export default element({
  name: 'AverageCounter',
  ports: '1/1',

  config: { IGNORE: arg.count(0).at() },

  counters: {
    count: 'packets since the last reset',
    byte_count: 'bytes since the last reset',
  },

  state: {
    span: cell({
      version: 1,
      scope: 'local',
      reason: 'the counts that it goes with are those of this replica',
      row: { started: 'u8', first: 'time', last: 'time' },
    }),
  },

  action(self, p) {
    const { span } = self.state
    const now = self.router.nowMs
    if (span.started === 0) {
      span.started = 1
      span.first = now
    }
    if (Math.floor(now) - Math.floor(span.first) >= self.config.IGNORE * 1000) {
      self.counters.count++
      self.counters.byte_count += p.end - p.off
    }
    span.last = now
    return p
  },

  handlers: {
    rate: { read: (self) => average(self, self.counters.count) },
    byte_rate: { read: (self) => average(self, self.counters.byte_count) },
    reset: {
      button: true,
      write(self) {
        self.counters.count = 0
        self.counters.byte_count = 0
        self.state.span.started = 0
      },
    },
  },
})

interface Me {
  readonly config: { readonly IGNORE: number }
  readonly state: { readonly span: { readonly first: number; readonly last: number } }
}

/** A second's share of a count; the time is at least a millisecond. */
function average(self: Me, count: number): string {
  const { first, last } = self.state.span
  const ms = Math.floor(last) - Math.floor(first) - self.config.IGNORE * 1000
  return String(Number(((count * 1000) / Math.max(1, ms)).toPrecision(12)))
}
