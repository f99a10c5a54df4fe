/*
=c

AggregateIPAddrPair([I<keywords> TIMEOUT, REAP])

=s ipmeasure

numbers pairs of IP addresses in the aggregate annotation

=d

Gives each pair of IP addresses a number, from 1 on, and sets packets' aggregate annotation
to it; both directions have the same number. The paint annotation becomes 0 in the direction
of the pair's first packet and 1 in the other. Packets without network header go to output 1,
or are dropped where there is none.

Elements with a keyword NOTIFIER can hear from this one which pairs are new and which over.

=over 8

=item TIMEOUT

Seconds of packets' time after which a pair without packets is forgotten; it then gets a new
number. Default is 0: never.

=item REAP

Seconds of packets' time between two looks for such pairs. Default is 20 minutes.

=back

=h clear write-only

Forgets all pairs.

=a AggregateIPFlows, AggregateIP, AggregateCounter
*/

import { type Table, table } from '../../dataplane/declare.ts'
import { arg, element, type RouterServices } from '../../dataplane/element.ts'
import { AGGREGATE_FLOWS_MAX } from '../../lib/limits.ts'
import {
  type Numbering,
  needTime,
  numbering,
  secondsOf,
  type Watching,
} from '../lib/aggregate-flow.ts'
import { tellCreated, tellDeleted } from '../lib/aggregate-notifier.ts'
import { setAggregate } from '../lib/anno-words.ts'
import { readIp } from '../lib/arp.ts'

const KEY = { low: 'i32', high: 'i32' } as const
const ROW = { aggregate: 'u32', reverse: 'u8', last_us: 'f64' } as const

interface Me {
  readonly className: string
  readonly router: RouterServices
  readonly config: { readonly TIMEOUT: number; readonly REAP: number }
  readonly resource: Watching
  readonly state: { readonly pairs: Table<typeof KEY, typeof ROW>; readonly numbers: Numbering }
}

export default element({
  name: 'AggregateIPAddrPair',
  ports: '1/1-2',
  processing: 'a/ah',

  config: {
    TIMEOUT: arg.seconds(0),
    REAP: arg.seconds(1200),
  },

  state: {
    pairs: table({
      version: 1,
      scope: 'flow',
      key: KEY,
      row: ROW,
      capacity: AGGREGATE_FLOWS_MAX,
    }),
    numbers: numbering(),
  },

  local: 'who listens, which is found anew, and what was warned of',

  open(): Watching {
    return { aggregateListeners: [], warned: false }
  },

  route(self, p) {
    const { net, mem } = p
    if (net < 0 || p.end - net < 20) return 1
    const { pairs, numbers } = self.state
    const { TIMEOUT } = self.config
    const src = readIp(mem, net + 12)
    const dst = readIp(mem, net + 16)
    const flipped = src > dst ? 1 : 0
    const low = flipped === 1 ? dst : src
    const high = flipped === 1 ? src : dst
    if (TIMEOUT > 0) needTime(self, p)
    let row = pairs.get(low, high)
    const over = row !== null && TIMEOUT > 0 && isOld(self, row.last_us, secondsOf(p.timeUs))
    if (over) tellDeleted(self, row!.aggregate)
    if (row === null || over) {
      row ??= pairs.insert(p.bucket, low, high)
      if (row === null) return 1
      row.aggregate = ++numbers.last
      row.reverse = flipped
      tellCreated(self, row.aggregate, p)
    }
    row.last_us = p.timeUs
    setAggregate(p, row.aggregate)
    p.paint = flipped ^ row.reverse
    if (TIMEOUT > 0) watch(self, secondsOf(p.timeUs))
    return 0
  },

  handlers: {
    clear: {
      write(self) {
        const { pairs } = self.state
        pairs.each((row) => tellDeleted(self, row.aggregate))
        pairs.clear()
      },
    },
  },
})

function isOld(self: Me, lastUs: number, nowSec: number): boolean {
  return secondsOf(lastUs) < nowSec - self.config.TIMEOUT
}

/** Looks for old pairs every REAP seconds of packets' time. */
function watch(self: Me, nowSec: number): void {
  const { pairs, numbers } = self.state
  numbers.active_sec = nowSec
  if (nowSec < numbers.reap_sec) return
  const first = numbers.reap_sec === 0
  numbers.reap_sec = nowSec + self.config.REAP
  if (first) return
  const old: (readonly [number, number, number])[] = []
  pairs.each((row) => {
    if (isOld(self, row.last_us, nowSec)) old.push([row.low, row.high, row.aggregate])
  })
  for (const [low, high, aggregate] of old) {
    tellDeleted(self, aggregate)
    pairs.remove(low, high)
  }
}
