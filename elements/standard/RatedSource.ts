/*
=c

RatedSource([DATA, RATE, LIMIT, ACTIVE, I<keywords>])

=s basicsources

makes so many packets a second

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

Boolean. With it the end of LIMIT is the end of the driver's run. Default is false.

=back

=e

  RatedSource(\<0800>, 10, 1000) -> Queue -> ...

=h count read-only

Returns how many packets it has made.

=h reset write-only

Begins to count at 0 again, so that LIMIT more packets follow.

=h data read/write

Returns or sets the DATA parameter.

=h length read/write

Returns or sets the LENGTH parameter.

=h rate read/write

Returns or sets the RATE parameter.

=h limit read/write

Returns or sets the LIMIT parameter.

=h active read/write

Whether it makes packets.

=a InfiniteSource, Script
*/

import { cell } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { toInteger } from '../lib/settings.ts'
import {
  dataHandler,
  generate,
  goOn,
  isDone,
  lengthHandler,
  limitHandlers,
  SOURCE_LOCAL,
  type Source,
  type SourceSettings,
  sourceSettings,
} from '../lib/source.ts'
import { DEFAULT_DATA } from '../lib/source-data.ts'
import { BUCKET, type Bucket, TokenRate } from '../lib/token-bucket.ts'

interface Settings extends SourceSettings {
  rate: TokenRate
}

interface Me extends Source {
  readonly resource: Settings
  readonly state: { readonly bucket: Bucket }
  readonly config: { readonly STOP: boolean }
  readonly router: Source['router'] & { readonly nowMs: number; stop(): void }
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

  state: {
    bucket: cell({ version: 1, scope: 'shared', merge: 'last_writer', row: BUCKET }),
  },

  local: SOURCE_LOCAL,

  open(self): Settings {
    const { DATA, LENGTH, DATASIZE, LIMIT, ACTIVE, RATE, BANDWIDTH } = self.config
    const settings = sourceSettings(DATA, LENGTH >= 0 ? LENGTH : DATASIZE, LIMIT, ACTIVE)
    const { length } = settings.bytes
    const rate = BANDWIDTH > 0 ? Math.max(1, Math.floor(BANDWIDTH / length)) : RATE
    const size = LENGTH >= 0 ? LENGTH : DATASIZE
    // As in Click: of a bandwidth, the bucket holds two packets' bytes, counted as packets.
    return { ...settings, rate: rateOf(rate, BANDWIDTH > 0 ? 2 * size : 0) }
  },

  initialize(self) {
    if (self.outputKinds[0] === 'push') self.schedule()
  },

  task(self) {
    if (self.outputKinds[0] !== 'push') return false
    const p = next(self)
    if (p !== null) self.out[0]!(p)
    return p !== null
  },

  timer(self) {
    self.schedule()
    self.notify()
  },

  pull(self) {
    return next(self)
  },

  handlers: {
    ...limitHandlers,
    data: dataHandler,
    length: lengthHandler,
    rate: {
      read: (self) => String(self.resource.rate.rate),
      write(self, value) {
        const rate = toInteger(value, 0, 'rate parameter must be integer >= 0')
        const old = self.resource.rate
        self.resource.rate = rateOf(rate)
        self.resource.rate.adjust(self.state.bucket, old)
        goOn(self)
      },
    },
  },
})

/** Holds what comes due in 10 ms, two packets at least: a late turn catches up by that much. */
function rateOf(rate: number, least = 0): TokenRate {
  return new TokenRate(rate, Math.max(least, rate < 200 ? 2 : Math.floor(rate / 100)))
}

/** The next packet where it is due; else null, and the timer is set. */
function next(self: Me): Packet | null {
  const { resource, router } = self
  const { bucket } = self.state
  if (!resource.active) return null
  if (isDone(self)) {
    if (self.config.STOP && !resource.ended) router.stop()
    resource.ended = true
    return null
  }
  resource.rate.refill(bucket, router.nowMs)
  if (!resource.rate.contains(bucket, 1)) {
    const ms = resource.rate.msUntil(bucket, 1)
    if (ms !== Infinity) self.timerAt(router.nowMs + ms)
    return null
  }
  const p = generate(self, true)
  if (p === null) self.timerAt(router.nowMs + 1)
  else resource.rate.remove(bucket, 1)
  return p
}
