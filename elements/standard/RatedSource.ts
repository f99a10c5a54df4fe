/*
=c

RatedSource([DATA, RATE, LIMIT, ACTIVE, I<keywords>])

=s basicsources

generates packets at a specified rate

=d

Makes packets of DATA, RATE of them a second, LIMIT at most; a negative LIMIT is no
limit.

=over 8

=item DATA

String. Default is a text of at least 64 bytes.

=item RATE

Integer, packets a second. Default is 10.

=item LIMIT

Integer. Default is -1: packets for ever.

=item ACTIVE

Boolean. Default is true.

=item LENGTH

Integer. If set, the packets have this length: DATA cut or repeated.

=item BANDWIDTH

Bandwidth. Sets RATE by the length of the packets.

=item STOP

Boolean. If true, stops the driver once LIMIT packets are sent. Default is false.

=back

=e

  RatedSource(\<0800>, 10, 1000) -> Queue -> ...

=h count read-only

Returns the number of packets that have been generated.

=h reset write-only

Resets the number of generated packets to 0; another LIMIT packets follow.

=h data read/write

Returns or sets the DATA parameter.

=h length read/write

Returns or sets the LENGTH parameter.

=h rate read/write

Returns or sets the RATE parameter.

=h limit read/write

Returns or sets the LIMIT parameter.

=h active read/write

Makes the element active or inactive.

=a InfiniteSource, Script
*/

import { arg, element } from '../../dataplane/element.ts'
import type { Packet, Pool } from '../../dataplane/packet.ts'
import { SETTINGS, toBool, toInteger } from '../lib/settings.ts'
import { DEFAULT_DATA, dataBytes, makePacket } from '../lib/source-data.ts'
import { TokenBucket } from '../lib/token-bucket.ts'

interface Settings {
  data: string
  length: number
  bytes: Uint8Array
  limit: number
  active: boolean
  rate: number
  bucket: TokenBucket
  ended: boolean
}

interface Me {
  readonly resource: Settings
  readonly counters: { count: number }
  readonly config: { readonly STOP: boolean }
  readonly router: {
    readonly pool: Pool
    readonly nowUs: number
    readonly nowMs: number
    stop(): void
  }
  schedule(): void
  notify(): void
  timerAt(ms: number): void
}

export default element({
  name: 'RatedSource',
  ports: '0/1',
  processing: 'a/a',
  source: true,

  config: {
    DATA: arg.string(DEFAULT_DATA).at(),
    RATE: arg.count(10).at(),
    LIMIT: arg.int(-1).at(),
    ACTIVE: arg.bool(true).at(),
    LENGTH: arg.int(-1),
    DATASIZE: arg.int(-1),
    STOP: arg.bool(false),
    BANDWIDTH: arg.bandwidth(0),
  },

  counters: { count: 'packets generated' },

  local: SETTINGS,

  open(self): Settings {
    const { DATA, LENGTH, DATASIZE, LIMIT, ACTIVE, RATE, BANDWIDTH } = self.config
    const length = LENGTH >= 0 ? LENGTH : DATASIZE
    const bytes = dataBytes(DATA, length)
    const rate = BANDWIDTH > 0 ? Math.max(1, Math.floor(BANDWIDTH / bytes.length)) : RATE
    const bucket = bucketOf(rate, self.router.nowMs)
    return { data: DATA, length, bytes, limit: LIMIT, active: ACTIVE, rate, bucket, ended: false }
  },

  initialize(self) {
    if (self.outputKinds[0] === 'push') self.schedule()
  },

  task(self) {
    if (self.outputKinds[0] !== 'push') return false
    const p = generate(self)
    if (p !== null) self.out[0]!(p)
    return p !== null
  },

  timer(self) {
    self.schedule()
    self.notify()
  },

  pull(self) {
    return generate(self)
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
    rate: {
      read: (self) => String(self.resource.rate),
      write(self, value) {
        const rate = toInteger(value, 0, 'rate parameter must be integer >= 0')
        self.resource.rate = rate
        self.resource.bucket = bucketOf(rate, self.router.nowMs)
        goOn(self)
      },
    },
    limit: {
      read: (self) => String(self.resource.limit),
      write(self, value) {
        self.resource.limit = toInteger(value, -Infinity, 'limit parameter must be integer')
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

/** Holds what comes due in 10 ms, two packets at least: a late turn catches up by that much. */
function bucketOf(rate: number, nowMs: number): TokenBucket {
  return new TokenBucket(rate, Math.max(2, rate / 100), 1, nowMs)
}

/** The next packet where it is due; else null, and the timer is set. */
function generate(self: Me): Packet | null {
  const { resource, counters, router } = self
  if (!resource.active) return null
  if (resource.limit >= 0 && counters.count >= resource.limit) {
    if (self.config.STOP && !resource.ended) router.stop()
    resource.ended = true
    return null
  }
  if (!resource.bucket.take(1, router.nowMs)) {
    const ms = resource.bucket.msUntil(1)
    if (ms !== Infinity) self.timerAt(router.nowMs + ms)
    return null
  }
  const p = makePacket(router.pool, resource.bytes, router.nowUs)
  if (p !== null) counters.count++
  else self.timerAt(router.nowMs + 1)
  return p
}

function refill(self: Me): void {
  self.resource.bytes = dataBytes(self.resource.data, self.resource.length)
}

/** After a change: there may be packets to make again. */
function goOn(self: Me): void {
  const { limit } = self.resource
  if (limit < 0 || self.counters.count < limit) self.resource.ended = false
  self.schedule()
  self.notify()
}
