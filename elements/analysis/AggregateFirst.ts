/*
=c

AggregateFirst([I<keywords> NOTIFIER])

=s aggregates

passes the first packet of each aggregate

=d

Passes the first packet with each aggregate annotation; later ones go to output 1, or are
dropped where there is none.

=over 8

=item NOTIFIER

Name of an element that numbers aggregates, AggregateIPFlows say. If given, aggregates
that are over are forgotten.

=back

=h nagg read-only

Returns the number of aggregates that are remembered.

=a AggregateLast, AggregateIPFlows, AggregateFilter
*/

import { table } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import { AGGREGATES_MAX } from '../../lib/limits.ts'
import { type AggregateEvents, type Listening, listenTo } from '../lib/aggregate-notifier.ts'
import { aggregateOf } from '../lib/anno-words.ts'

const EVENTS: AggregateEvents = {
  deleted: (self, aggregate) => self.state.seen.remove(aggregate | 0),
}

export default element({
  name: 'AggregateFirst',
  ports: '1/1-2',
  processing: 'a/ah',

  config: { NOTIFIER: arg.element('') },

  state: {
    seen: table({
      version: 1,
      scope: 'shared',
      merge: 'max',
      key: { aggregate: 'i32' },
      row: { packets: 'u8' },
      capacity: AGGREGATES_MAX,
    }),
  },

  local: 'what is done when an aggregate is over: always the same',

  open(): Listening {
    return { aggregateEvents: EVENTS }
  },

  initialize(self, errors) {
    if (self.config.NOTIFIER !== '') listenTo(self, self.config.NOTIFIER, errors)
  },

  route(self, p) {
    const { seen } = self.state
    const aggregate = aggregateOf(p)
    if (seen.get(aggregate) !== null) return 1
    const row = seen.insert(p.bucket, aggregate)
    if (row !== null) row.packets = 1
    return 0
  },

  handlers: { nagg: { read: (self) => String(self.state.seen.size) } },
})
