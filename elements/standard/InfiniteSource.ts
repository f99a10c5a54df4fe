/*
=c

InfiniteSource([DATA, LIMIT, BURST, ACTIVE, I<keywords>])

=s basicsources

generates packets whenever scheduled

=d

Makes packets of DATA. Pushes BURST of them out of its output every time it is
scheduled, which is often, and stops after LIMIT packets; a negative LIMIT is no
limit. While every queue that its packets end in is full, it makes none.

=over 8

=item DATA

String. Default is a text of at least 64 bytes.

=item LIMIT

Integer. Default is -1: packets for ever.

=item BURST

Integer, at least 1. Default is 1.

=item ACTIVE

Boolean. Default is true.

=item LENGTH

Integer. If set, the packets have this length: DATA cut or repeated.

=item STOP

Boolean. If true, stops the driver once LIMIT packets are sent. Default is false.

=item END_CALL

A write handler called once LIMIT packets are sent. END_CALL and STOP exclude
each other.

=item TIMESTAMP

Boolean. If false, the packets' time annotation is not set. Default is true.

=back

=e

  InfiniteSource(\<0800>) -> Queue -> ...

=h count read-only

Returns the number of packets that have been generated.

=h reset write-only

Resets the number of generated packets to 0; another LIMIT packets follow.

=h data read/write

Returns or sets the DATA parameter.

=h length read/write

Returns or sets the LENGTH parameter.

=h limit read/write

Returns or sets the LIMIT parameter.

=h burst read/write

Returns or sets the BURST parameter.

=h active read/write

Makes the element active or inactive.

=a RatedSource, Script
*/

import { arg, element } from '../../dataplane/element.ts'
import type { Packet, Pool } from '../../dataplane/packet.ts'
import { callWrite, checkWriteCall, parseHandlerCall } from '../lib/handler-call.ts'
import { SETTINGS, toBool, toInteger } from '../lib/settings.ts'
import { DEFAULT_DATA, dataBytes, makePacket } from '../lib/source-data.ts'

interface Settings {
  data: string
  length: number
  bytes: Uint8Array
  limit: number
  burst: number
  active: boolean
  /** The end was told already; again after a reset or a new limit. */
  ended: boolean
}

interface Me {
  readonly resource: Settings
  readonly counters: { count: number }
  readonly config: { readonly TIMESTAMP: boolean }
  readonly router: { readonly pool: Pool; readonly nowUs: number }
  readonly outputKinds: readonly ('push' | 'pull')[]
  schedule(): void
  notify(): void
}

export default element({
  name: 'InfiniteSource',
  ports: '0/1',
  processing: 'a/a',
  source: true,

  config: {
    DATA: arg.string(DEFAULT_DATA).at(),
    LIMIT: arg.int(-1).at(),
    BURST: arg.int(1).at(),
    ACTIVE: arg.bool(true).at(),
    TIMESTAMP: arg.bool(true),
    LENGTH: arg.int(-1),
    DATASIZE: arg.int(-1),
    STOP: arg.bool(false),
    END_CALL: arg.text(''),
  },

  counters: { count: 'packets generated' },

  local: SETTINGS,

  configure(config, context) {
    if (config.BURST < 1) context.error('burst size must be >= 1')
    if (config.STOP && config.END_CALL !== '')
      context.error('END_CALL and STOP are mutually exclusive')
    return { endCall: parseHandlerCall(config.STOP ? 'stop' : config.END_CALL) }
  },

  open(self): Settings {
    const { DATA, LENGTH, DATASIZE, LIMIT, BURST, ACTIVE } = self.config
    const length = LENGTH >= 0 ? LENGTH : DATASIZE
    const bytes = dataBytes(DATA, length)
    return { data: DATA, length, bytes, limit: LIMIT, burst: BURST, active: ACTIVE, ended: false }
  },

  initialize(self, errors) {
    checkWriteCall(self, self.plan.endCall, errors)
    if (self.outputKinds[0] === 'push') self.schedule()
  },

  task(self) {
    const settings = self.resource
    if (!settings.active || !self.canPush()) return false
    let n = settings.burst
    if (settings.limit >= 0) n = Math.min(n, Math.max(0, settings.limit - self.counters.count))
    for (let k = 0; k < n; k++) {
      const p = generate(self)
      if (p === null) break
      self.out[0]!(p)
    }
    if (n === 0 && !settings.ended) {
      settings.ended = true
      if (self.plan.endCall !== null) callWrite(self, self.plan.endCall)
    }
    return n > 0
  },

  pull(self) {
    const settings = self.resource
    if (!settings.active) return null
    if (settings.limit < 0 || self.counters.count < settings.limit) return generate(self)
    if (!settings.ended && self.plan.endCall !== null) callWrite(self, self.plan.endCall)
    settings.ended = true
    return null
  },

  handlers: {
    data: {
      raw: true,
      read: (self) => self.resource.data,
      write(self, value) {
        self.resource.data = value
        refill(self)
      },
    },
    length: {
      read: (self) => String(self.resource.length),
      write(self, value) {
        self.resource.length = toInteger(value, -1, 'length must be integer')
        refill(self)
      },
    },
    limit: {
      read: (self) => String(self.resource.limit),
      write(self, value) {
        self.resource.limit = toInteger(value, -Infinity, 'limit parameter must be integer')
        goOn(self)
      },
    },
    burst: {
      read: (self) => String(self.resource.burst),
      write(self, value) {
        self.resource.burst = toInteger(value, 1, 'burstsize parameter must be integer >= 1')
        goOn(self)
      },
    },
    active: {
      read: (self) => String(self.resource.active),
      write(self, value) {
        self.resource.active = toBool(value)
        goOn(self)
      },
    },
    reset: {
      button: true,
      write(self) {
        self.counters.count = 0
        goOn(self)
      },
    },
  },
})

/** A packet, counted; null: no frame is free. */
function generate(self: Me): Packet | null {
  const { pool, nowUs } = self.router
  const p = makePacket(pool, self.resource.bytes, self.config.TIMESTAMP === true ? nowUs : 0)
  if (p !== null) self.counters.count++
  return p
}

function refill(self: Me): void {
  self.resource.bytes = dataBytes(self.resource.data, self.resource.length)
  goOn(self)
}

/** After a change: there may be packets to make again. */
function goOn(self: Me): void {
  const { active, limit } = self.resource
  if (limit >= 0 && self.counters.count >= limit) return
  self.resource.ended = false
  if (!active) return
  if (self.outputKinds[0] === 'push') self.schedule()
  self.notify()
}
