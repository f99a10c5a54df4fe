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

=h limit read/write

Returns or sets the LIMIT parameter.

=h headroom read/write

Returns or sets the HEADROOM parameter, which changes nothing.

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

import { cell } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import { parseSeconds } from '../../lib/click/args.ts'
import { intervalText } from '../lib/interval.ts'
import { toBool, toInteger } from '../lib/settings.ts'
import {
  dataHandler,
  generate,
  isDone,
  limitHandlers,
  SOURCE_LOCAL,
  type SourceSettings,
  sourceSettings,
} from '../lib/source.ts'
import { DEFAULT_DATA } from '../lib/source-data.ts'

interface Settings extends SourceSettings {
  ms: number
  headroom: number
}

interface Me {
  readonly resource: Settings
  readonly state: { readonly next: { due: number } }
  readonly router: { readonly nowMs: number }
  timerAt(ms: number): void
}

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

  state: {
    // due: of the next packet; 0: there is none to come.
    next: cell({ version: 1, scope: 'shared', merge: 'last_writer', row: { due: 'time' } }),
  },

  local: SOURCE_LOCAL,

  open(self): Settings {
    const { ACTIVE, INTERVAL, DATA, LIMIT, HEADROOM } = self.config
    const settings = sourceSettings(DATA, -1, LIMIT, ACTIVE)
    return { ...settings, ms: INTERVAL * 1000, headroom: HEADROOM }
  },

  initialize(self) {
    if (self.resource.active) after(self, self.router.nowMs)
  },

  timer(self) {
    const { resource, router, state } = self
    if (!resource.active) {
      state.next.due = 0
    } else if (!isDone(self)) {
      const p = generate(self, true)
      if (p !== null) self.out[0]!(p)
      // From the time that this one was due, not from a late turn; but what a replica missed while
      // it stood by does not come in a burst.
      const { due } = state.next
      after(self, router.nowMs - due < Math.max(CATCH_UP_MS, resource.ms) ? due : router.nowMs)
    } else {
      state.next.due = 0
      if (self.config.STOP) router.stop()
    }
  },

  handlers: {
    data: dataHandler,
    limit: { read: limitHandlers.limit.read!, write: setLimit },
    headroom: {
      read: (self) => String(self.resource.headroom),
      write(self, value) {
        self.resource.headroom = toInteger(value, 0, 'bad headroom')
      },
    },
    interval: {
      read: (self) => intervalText(self.resource.ms * 1000),
      write(self, value) {
        const seconds = parseSeconds(value.trim())
        if (seconds === null || seconds === 0) throw new Error('bad interval')
        self.resource.ms = seconds * 1000
      },
    },
    active: {
      read: (self) => String(self.resource.active),
      write(self, value) {
        self.resource.active = toBool(value)
        start(self)
      },
    },
    reset: {
      button: true,
      write(self) {
        self.counters.count = 0
        start(self)
      },
    },
  },
})

function setLimit(self: Me, value: string): void {
  self.resource.limit = toInteger(value, -Infinity, 'bad limit')
  start(self)
}

/** So far behind, and by more than an interval, a source goes on from now. */
const CATCH_UP_MS = 500

function after(self: Me, ms: number): void {
  self.state.next.due = ms + self.resource.ms
  self.timerAt(self.state.next.due)
}

/** A packet now, where none is to come and it is active. */
function start(self: Me): void {
  if (self.state.next.due > 0 || !self.resource.active) return
  self.state.next.due = self.router.nowMs
  self.timerAt(self.state.next.due)
}
