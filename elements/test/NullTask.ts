/*
=c

NullTask([I<keywords> LIMIT, STOP, ACTIVE])

=s test

runs a task that does nothing

=d

Its task runs again and again and only counts: for measurements.

=over 8

=item LIMIT

Unsigned integer. It runs so many times; 0: for ever. Default is 0.

=item STOP

Boolean. If true, stops the driver when LIMIT is reached. Default is false.

=item ACTIVE

Boolean. If false, it does not run until C<scheduled> is written. Default is true.

=back

=h count read-only

Returns how often it has run.

=h limit read/write

Returns or sets the LIMIT parameter.

=h scheduled read/write

Returns or sets whether it runs.

=h reset write-only

Sets the count to 0.

=e

  NullTask(LIMIT 1000000, STOP true)

=a HandlerTask, ScheduleInfo
*/

import { arg, element } from '../../dataplane/element.ts'
import { SETTINGS, toBool, toInteger } from '../lib/settings.ts'

export default element({
  name: 'NullTask',
  ports: '0/0',

  config: {
    LIMIT: arg.count(0),
    STOP: arg.bool(false),
    ACTIVE: arg.bool(true),
  },

  counters: { count: 'times that the task has run' },

  local: SETTINGS,

  open(self): { limit: number; active: boolean } {
    return { limit: self.config.LIMIT, active: self.config.ACTIVE }
  },

  initialize(self) {
    if (self.resource.active) self.schedule()
  },

  task(self) {
    const { resource, counters } = self
    if (!resource.active) return false
    counters.count++
    if (resource.limit === 0 || counters.count < resource.limit) return true
    resource.active = false
    if (self.config.STOP) self.router.stop()
    return false
  },

  handlers: {
    limit: {
      read: (self) => String(self.resource.limit),
      write(self, value) {
        self.resource.limit = toInteger(value, 0, 'limit must be an integer >= 0')
      },
    },
    scheduled: {
      write(self, value) {
        self.resource.active = toBool(value)
        if (self.resource.active) self.schedule()
      },
    },
    reset: {
      button: true,
      write(self) {
        self.counters.count = 0
      },
    },
  },
})
