/*
=c

AggregateLast([I<keywords> NOTIFIER, STOP_AFTER_CLEAR])

=s aggregates

passes the last packet of each aggregate

=d

Holds the last packet with each aggregate annotation until the aggregate is over. Earlier
ones go to output 1, or are dropped where there is none. A packet that leaves has its extra
packets, extra length and first time annotations set to what its aggregate came to.

=over 8

=item NOTIFIER

Name of an element that numbers aggregates, AggregateIPFlows say. If given, an aggregate's
packet leaves when the aggregate is over.

=item STOP_AFTER_CLEAR

Boolean. If true, stops the driver after C<clear>. Default is false.

=back

=h clear write-only

Lets all packets leave that are held, by aggregate.

=a AggregateFirst, AggregateIPFlows, AggregateCounter
*/

import { packets } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { AGGREGATE_PACKETS_MAX } from '../../lib/limits.ts'
import { type AggregateEvents, type Listening, listenTo } from '../lib/aggregate-notifier.ts'
import {
  aggregateOf,
  extraLength,
  extraPackets,
  firstTimeUs,
  setExtraLength,
  setExtraPackets,
  setFirstTimeUs,
} from '../lib/anno-words.ts'

interface Held {
  readonly length: number
  push(p: Packet): boolean
  shift(): Packet | null
  extract(visit: (p: Packet) => boolean): void
}

/** Finds held packets by aggregate; made again where packets came by a move. */
interface Index extends Listening {
  readonly byAggregate: Map<number, Packet>
  clearing: boolean
}

interface Me {
  readonly state: { readonly held: Held }
  readonly resource: Index
  readonly out: readonly ((p: Packet) => void)[]
}

const EVENTS: AggregateEvents<Me> = { deleted: release }

export default element({
  name: 'AggregateLast',
  ports: '1/1-2',
  processing: 'h/h',

  config: {
    NOTIFIER: arg.element(''),
    STOP_AFTER_CLEAR: arg.bool(false),
  },

  state: { held: packets({ capacity: AGGREGATE_PACKETS_MAX }) },

  local: 'an index of the held packets, which is made of them',

  adopt: (_self, old): Index => ({ ...old.resource, byAggregate: new Map() }),

  open(): Index {
    return { aggregateEvents: EVENTS, byAggregate: new Map(), clearing: false }
  },

  initialize(self, errors) {
    if (self.config.NOTIFIER !== '') listenTo(self, self.config.NOTIFIER, errors)
  },

  push(self, _port, p) {
    const { held } = self.state
    const index = indexOf(self)
    const aggregate = aggregateOf(p)
    const before = index.get(aggregate)
    if (before === undefined) setFirstTimeUs(p, p.timeUs)
    else {
      held.extract((other) => other === before)
      index.delete(aggregate)
      addUp(p, before)
    }
    if (held.push(p)) index.set(aggregate, p)
    else self.out[0]!(p)
    if (before === undefined) return
    if (self.noutputs > 1) self.out[1]!(before)
    else self.kill(before)
  },

  task(self) {
    if (!self.resource.clearing) return false
    self.resource.clearing = false
    const aggregates = [...indexOf(self).keys()].sort((a, b) => (a >>> 0) - (b >>> 0))
    for (const aggregate of aggregates) release(self, aggregate)
    if (self.config.STOP_AFTER_CLEAR) self.router.stop()
    return true
  },

  handlers: {
    clear: {
      write(self) {
        self.resource.clearing = true
        self.schedule()
      },
    },
  },
})

function indexOf(self: Me): Map<number, Packet> {
  const { held } = self.state
  const { byAggregate } = self.resource
  if (byAggregate.size === held.length) return byAggregate
  byAggregate.clear()
  held.extract((p) => {
    byAggregate.set(aggregateOf(p), p)
    return false
  })
  return byAggregate
}

/** What `before` stood for, and itself, goes on in `p`. */
function addUp(p: Packet, before: Packet): void {
  setExtraPackets(p, extraPackets(p) + extraPackets(before) + 1)
  setExtraLength(p, extraLength(p) + extraLength(before) + before.length)
  setFirstTimeUs(p, firstTimeUs(before))
}

function release(self: Me, aggregate: number): void {
  const index = indexOf(self)
  const p = index.get(aggregate | 0)
  if (p === undefined) return
  index.delete(aggregate | 0)
  self.state.held.extract((other) => other === p)
  self.out[0]!(p)
}
