/*
=c

TimeFilter([I<keywords> START, END, START_DELAY, END_DELAY, INTERVAL, STOP, END_CALL])

=s timestamps

passes packets with times in a range

=d

Passes packets whose time annotation is at or after START and before END; others go to
output 1, where there is one.

=over 8

=item START, END

Seconds since the epoch. May be given by position.

=item START_DELAY, END_DELAY

Seconds after the first packet that came.

=item INTERVAL

Seconds after the first packet that passed.

=item STOP

Boolean. If true, asks the driver to stop at the end. Default is false.

=item END_CALL

A write handler that is called when the first packet at or after the end comes, before
the packet is judged: it may extend the interval. C<$t> in its value is the packet's
time.

=back

=h start read-only

Returns the start.

=h end read-only

Returns the end.

=h extend_interval write-only

Moves the end by so many seconds.

=a TimeSortedSched, SetTimestamp
*/

import { arg, element } from '../../dataplane/element.ts'
import { parseSeconds } from '../../lib/click/args.ts'
import {
  callWrite,
  checkWriteCall,
  type HandlerCall,
  parseHandlerCall,
} from '../lib/handler-call.ts'
import { SETTINGS } from '../lib/settings.ts'

interface Range {
  startUs: number
  endUs: number
  /** The end has been told; again when it has moved. */
  told: boolean
  begun: boolean
  passed: boolean
}

export default element({
  name: 'TimeFilter',
  ports: '1/1-2',
  processing: 'a/ah',

  config: {
    START: arg.seconds(-1).at(),
    END: arg.seconds(-1).at(),
    START_DELAY: arg.seconds(-1),
    END_DELAY: arg.seconds(-1),
    INTERVAL: arg.seconds(-1),
    STOP: arg.bool(false),
    END_CALL: arg.text(''),
  },

  local: SETTINGS,

  configure(config, context) {
    const ends = [config.END, config.END_DELAY, config.INTERVAL].filter((n) => n >= 0)
    if (ends.length > 1) context.error("only one of 'END', 'END_DELAY', 'INTERVAL' may be given")
    if (config.START >= 0 && config.START_DELAY >= 0)
      context.error("only one of 'START', 'START_DELAY' may be given")
    if (config.STOP && config.END_CALL !== '')
      context.error('END_CALL and STOP are mutually exclusive')
    return { endCall: parseHandlerCall(config.STOP ? 'stop' : config.END_CALL) }
  },

  open(self): Range {
    const { START, END } = self.config
    const endUs = END < 0 ? Infinity : END * 1e6
    return { startUs: START * 1e6, endUs, told: false, begun: false, passed: false }
  },

  initialize(self, errors) {
    checkWriteCall(self, self.plan.endCall, errors)
  },

  route(self, p) {
    const range = self.resource
    const { START_DELAY, END_DELAY, INTERVAL } = self.config
    const us = p.timeUs
    if (!range.begun) {
      range.begun = true
      if (START_DELAY >= 0) range.startUs = us + START_DELAY * 1e6
      if (END_DELAY >= 0) range.endUs = us + END_DELAY * 1e6
    }
    if (us < range.startUs) return 1
    if (!range.passed && INTERVAL >= 0) range.endUs = us + INTERVAL * 1e6
    range.passed = true
    if (us >= range.endUs && !range.told) {
      range.told = true
      if (self.plan.endCall !== null) callWrite(self, withTime(self.plan.endCall, us))
    }
    return us < range.endUs ? 0 : 1
  },

  handlers: {
    start: { read: (self) => timeText(self.resource.startUs) },
    end: { read: (self) => timeText(self.resource.endUs) },
    extend_interval: {
      write(self, value) {
        const seconds = parseSeconds(value.trim())
        if (seconds === null) throw new Error('interval must be a time')
        self.resource.endUs += seconds * 1e6
        self.resource.told = false
      },
    },
  },
})

/** `$t` in the value is the packet's time. */
function withTime(call: HandlerCall, us: number): HandlerCall {
  return { path: call.path, value: call.value.replaceAll('$t', timeText(us)) }
}

function timeText(us: number): string {
  return us === Infinity ? '-' : (us / 1e6).toFixed(6)
}
