/*
=c

HandlerTask(HANDLER [, I<keywords> ACTIVE, RESCHEDULE])

=s test

calls a handler when its task runs

=d

Its task calls the write handler HANDLER, once or again and again: for measurements.

=over 8

=item HANDLER

`I<HANDLER> [I<VALUE>]'.

=item ACTIVE

Boolean. If false, it does not run until C<scheduled> is written. Default is true.

=item RESCHEDULE

Boolean. If true, it runs again each time. Default is false.

=back

=h count read-only

Returns how often it has run.

=h scheduled read/write

Returns or sets whether it will run.

=h reschedule read/write

Returns or sets the RESCHEDULE parameter.

=e

  HandlerTask(c.reset); c :: Counter

=a NullTask, Script
*/

import { arg, element } from '../../dataplane/element.ts'
import { callWrite, checkWriteCall, parseHandlerCall } from '../lib/handler-call.ts'
import { SETTINGS, toBool } from '../lib/settings.ts'

export default element({
  name: 'HandlerTask',
  ports: '0/0',

  config: {
    HANDLER: arg.text().at().must(),
    ACTIVE: arg.bool(true),
    RESCHEDULE: arg.bool(false),
  },

  counters: { count: 'times that the task has run' },

  local: SETTINGS,

  configure(config) {
    return { call: parseHandlerCall(config.HANDLER) }
  },

  open(self): { active: boolean; again: boolean } {
    return { active: self.config.ACTIVE, again: self.config.RESCHEDULE }
  },

  initialize(self, errors) {
    checkWriteCall(self, self.plan.call, errors)
    if (self.resource.active) self.schedule()
  },

  task(self) {
    if (!self.resource.active) return false
    self.counters.count++
    if (self.plan.call !== null) callWrite(self, self.plan.call)
    self.resource.active = self.resource.again
    return self.resource.again
  },

  handlers: {
    scheduled: {
      write(self, value) {
        self.resource.active = toBool(value)
        if (self.resource.active) self.schedule()
      },
    },
    reschedule: {
      read: (self) => String(self.resource.again),
      write(self, value) {
        self.resource.again = toBool(value)
      },
    },
  },
})
