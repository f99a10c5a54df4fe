/*
=c

Unqueue([BURST, I<keywords> ACTIVE, LIMIT])

=s shaping

pull-to-push converter

=d

Pulls packets whenever there are any, then pushes them out of its single
output. Sleeps while its input has none.

=over 8

=item BURST

Integer. Number of packets pulled each time it is scheduled; negative: as many
as there are. Default is 1.

=item ACTIVE

Boolean. If false, pulls nothing. Default is true.

=item LIMIT

Integer. Stops after that many packets; negative: no limit. Default is -1.

=back

=h active read/write

Returns or sets the ACTIVE parameter.

=h burst read/write

Returns or sets the BURST parameter.

=h limit read/write

Returns or sets the LIMIT parameter.

=h count read-only

Returns the number of packets that have passed since the last reset.

=h reset write-only

Resets the count; another LIMIT packets may pass.

=h reset_counts write-only

Same as C<reset>.

=a Queue, RatedUnqueue
*/

import { arg, element } from '../../dataplane/element.ts'
import { SETTINGS, toBool, toInteger } from '../lib/settings.ts'

export default element({
  name: 'Unqueue',
  ports: '1/1',
  processing: 'l/h',

  config: {
    BURST: arg.int(1).at(),
    ACTIVE: arg.bool(true),
    LIMIT: arg.int(-1),
  },

  counters: { count: 'packets passed since the last reset' },

  local: SETTINGS,

  configure(config, context) {
    if (config.BURST === 0) context.warning('BURST size 0, no packets will be pulled')
  },

  open(self): { burst: number; active: boolean; limit: number } {
    const { BURST, ACTIVE, LIMIT } = self.config
    return { burst: unlimited(BURST), active: ACTIVE, limit: unlimited(LIMIT) }
  },

  initialize(self) {
    self.schedule()
  },

  task(self) {
    const settings = self.resource
    if (!settings.active) return false
    const room = Math.min(settings.burst, settings.limit - self.counters.count)
    let n = 0
    while (n < room && settings.active) {
      const p = self.in[0]!()
      if (p === null) break
      n++
      self.counters.count++
      self.out[0]!(p)
    }
    return n > 0
  },

  handlers: {
    active: {
      read: (self) => String(self.resource.active),
      write(self, value) {
        self.resource.active = toBool(value)
        self.schedule()
      },
    },
    burst: {
      read: (self) => signed(self.resource.burst),
      write(self, value) {
        self.resource.burst = unlimited(toInteger(value, -Infinity, 'syntax error'))
        self.schedule()
      },
    },
    limit: {
      read: (self) => signed(self.resource.limit),
      write(self, value) {
        self.resource.limit = unlimited(toInteger(value, -Infinity, 'syntax error'))
        self.schedule()
      },
    },
    reset: { button: true, write: reset },
    reset_counts: { button: true, write: reset },
  },
})

function reset(self: { counters: { count: number }; schedule(): void }): void {
  self.counters.count = 0
  self.schedule()
}

/** Negative means: no limit. */
function unlimited(n: number): number {
  return n < 0 ? Infinity : n
}

function signed(n: number): string {
  return n === Infinity ? '-1' : String(n)
}
