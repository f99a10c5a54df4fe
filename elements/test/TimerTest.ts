/*
=c

TimerTest([I<keywords> DELAY, BENCHMARK])

=s test

tests timers

=d

Where BENCHMARK is given, sets and clears a timer that many times. Where DELAY is given, a timer goes
off that much later, and prints its time and the element's name; handlers set it anew.

=over 8

=item DELAY

Time.

=item BENCHMARK

Unsigned integer. Default is 0.

=back

=h scheduled read/write

Returns whether the timer is set; writing true sets it to now, false clears it.

=h expiry read-only

Returns the time that it is set to, in seconds; 0 where it is not set.

=h schedule_after write-only

Sets the timer that many seconds ahead.

=h unschedule write-only

Clears the timer.

=e

  t :: TimerTest(DELAY 0.1); Script(wait 0.05, write t.schedule_after 1, wait 2, stop)

=a Script
*/

import { cell } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import { parseSeconds } from '../../lib/click/args.ts'
import { toBool } from '../lib/settings.ts'

export default element({
  name: 'TimerTest',
  ports: '0/0',

  config: {
    DELAY: arg.seconds(-1),
    BENCHMARK: arg.count(0),
  },

  state: {
    // due_us: microseconds since the epoch; 0: not set.
    timer: cell({ version: 1, scope: 'shared', merge: 'last_writer', row: { due_us: 'f64' } }),
  },

  initialize(self) {
    const { DELAY, BENCHMARK } = self.config
    for (let n = 0; n < BENCHMARK; n++) self.timerAt(n % 2 === 0 ? self.router.nowMs + 1e6 : -1)
    self.timerAt(-1)
    if (DELAY >= 0) setAfter(self, DELAY)
  },

  timer(self) {
    self.state.timer.due_us = 0
    self.router.print(`${secondsText(self.router.nowUs)}: ${self.name} :: ${self.className} fired`)
  },

  handlers: {
    scheduled: {
      read: (self) => String(self.state.timer.due_us > 0),
      write(self, value) {
        if (toBool(value)) setAfter(self, 0)
        else clear(self)
      },
    },
    expiry: { read: (self) => secondsText(self.state.timer.due_us) },
    schedule_after: {
      write(self, value) {
        const seconds = parseSeconds(value.trim())
        if (seconds === null) throw new Error('bad timestamp')
        setAfter(self, seconds)
      },
    },
    unschedule: { button: true, write: clear },
  },
})

interface Me {
  readonly state: { readonly timer: { due_us: number } }
  readonly router: { readonly nowMs: number; readonly nowUs: number }
  timerAt(ms: number): void
}

function setAfter(self: Me, seconds: number): void {
  self.state.timer.due_us = self.router.nowUs + seconds * 1e6
  self.timerAt(self.router.nowMs + seconds * 1e3)
}

function clear(self: Me): void {
  self.state.timer.due_us = 0
  self.timerAt(-1)
}

function secondsText(us: number): string {
  return (us / 1e6).toFixed(6)
}
