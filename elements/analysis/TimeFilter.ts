/*
=c

TimeFilter([START, END, I<keywords>])

=s timestamps

passes packets with times in a range

=d

Passes packets whose time annotation is at or after the start and before the end; others go to
output 1, where there is one.

=over 8

=item START, END

Seconds since the epoch. May be given by position.

=item START_AFTER, END_AFTER

Seconds after the first packet that came.

=item START_DELAY, END_DELAY

Seconds after the element was initialised.

=item INTERVAL

Seconds: the end is so long after the start, which is the first packet's time where no START is
given. Of the three STARTs one may be given, of the ENDs and
INTERVAL too.

=item STOP

Boolean. If true, asks the driver to stop at the end. Default is false.

=item END_CALL

A write handler that is called when the first packet at or after the end comes, before
the packet is judged: it may extend the interval. C<$t> in its value is the packet's
time. STOP and END_CALL exclude each other.

=back

=h start read/write

Returns or sets the start.

=h end read/write

Returns or sets the end.

=h interval read/write

Returns the time from start to end, or sets it: the end moves.

=h extend_interval write-only

Moves the end by so many seconds.

=a TimeSortedSched, TimeRange, SetTimestamp
*/

import { arg, element } from '../../dataplane/element.ts'
import {
  callWrite,
  checkWriteCall,
  type HandlerCall,
  parseHandlerCall,
} from '../lib/handler-call.ts'
import { SETTINGS } from '../lib/settings.ts'
import { parseTimeUs, timeText } from '../lib/time-text.ts'

interface Range {
  startUs: number
  endUs: number
  /** The end has been told; again when it has moved. */
  told: boolean
  begun: boolean
}

/** What a time is counted from. */
type From = 'epoch' | 'first' | 'init' | 'start'

interface Bound {
  readonly us: number
  readonly from: From
}

const TIME = arg.text('')

export default element({
  name: 'TimeFilter',
  ports: '1/1-2',
  processing: 'a/ah',

  config: {
    START: arg.text('').at(),
    END: arg.text('').at(),
    START_AFTER: TIME,
    START_DELAY: TIME,
    END_AFTER: TIME,
    END_DELAY: TIME,
    INTERVAL: TIME,
    STOP: arg.bool(false),
    END_CALL: arg.text(''),
  },

  local: SETTINGS,

  configure(config, context) {
    const { START, START_AFTER, START_DELAY, END, END_AFTER, END_DELAY, INTERVAL } = config
    const boundOf = (given: Readonly<Record<string, readonly [string, From]>>, none: Bound) => {
      const said = Object.entries(given).filter(([, [text]]) => text !== '')
      const names = Object.keys(given).map((name) => `'${name}'`)
      if (said.length > 1) context.error(`specify at most one of ${names.join(', ')}`)
      if (said.length === 0) return none
      const [name, [text, from]] = said[0]!
      const us = parseTimeUs(text)
      if (us === null) context.error(`${name}: expected a time in seconds`)
      return { us: us ?? none.us, from }
    }
    const start: Bound = boundOf(
      {
        START: [START, 'epoch'],
        START_AFTER: [START_AFTER, 'first'],
        START_DELAY: [START_DELAY, 'init'],
      },
      { us: 0, from: 'first' },
    )
    const end: Bound = boundOf(
      {
        END: [END, 'epoch'],
        END_AFTER: [END_AFTER, 'first'],
        END_DELAY: [END_DELAY, 'init'],
        INTERVAL: [INTERVAL, 'start'],
      },
      { us: Infinity, from: 'epoch' },
    )
    if (config.STOP && config.END_CALL !== '')
      context.error("'END_CALL' and 'STOP' are mutually exclusive")
    return { start, end, endCall: parseHandlerCall(config.STOP ? 'stop' : config.END_CALL) }
  },

  open(self): Range {
    const { start, end } = self.plan
    return { startUs: start.us, endUs: end.us, told: false, begun: false }
  },

  initialize(self, errors) {
    checkWriteCall(self, self.plan.endCall, errors)
    const { plan, resource, router } = self
    if (plan.start.from === 'init') resource.startUs += router.nowUs
    if (plan.end.from === 'init') resource.endUs += router.nowUs
    if (plan.end.from === 'start' && plan.start.from !== 'first') resource.endUs += resource.startUs
  },

  route(self, p) {
    const range = self.resource
    const us = p.timeUs
    if (!range.begun) begin(range, self.plan, us)
    if (us < range.startUs) return 1
    if (us >= range.endUs && !range.told) {
      range.told = true
      if (self.plan.endCall !== null) callWrite(self, withTime(self.plan.endCall, us))
    }
    return us < range.endUs ? 0 : 1
  },

  handlers: {
    start: {
      read: (self) => textOf(self.resource.startUs),
      write(self, value) {
        self.resource.startUs = timeOf(value)
      },
    },
    end: {
      read: (self) => textOf(self.resource.endUs),
      write: (self, value) => setEnd(self.resource, timeOf(value)),
    },
    interval: {
      read: ({ resource }) => textOf(resource.endUs - resource.startUs),
      write: ({ resource }, value) => setEnd(resource, resource.startUs + timeOf(value)),
    },
    extend_interval: {
      write: ({ resource }, value) => setEnd(resource, resource.endUs + timeOf(value)),
    },
  },
})

/** With the first packet, times that are counted from it are known. */
function begin(range: Range, plan: { start: Bound; end: Bound }, us: number): void {
  range.begun = true
  if (plan.start.from === 'first') range.startUs += us
  if (plan.end.from === 'first') range.endUs += us
  if (plan.end.from === 'start' && plan.start.from === 'first') range.endUs += range.startUs
}

function setEnd(range: Range, us: number): void {
  range.endUs = us
  range.told = false
}

function timeOf(value: string): number {
  const us = parseTimeUs(value.trim())
  if (us === null) throw new Error('expected a time in seconds')
  return us
}

/** `$t` in the value is the packet's time. */
function withTime(call: HandlerCall, us: number): HandlerCall {
  return { path: call.path, value: call.value.replaceAll('$t', timeText(us)) }
}

function textOf(us: number): string {
  return us === Infinity ? '-' : timeText(us)
}
