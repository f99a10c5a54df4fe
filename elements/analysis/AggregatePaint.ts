/*
=c

AggregatePaint([BITS, I<keywords> INCREMENTAL])

=s aggregates

makes the aggregate annotation of the paint annotation

=d

Sets each packet's aggregate annotation to its paint annotation, or to the lowest
BITS bits of it.

=over 8

=item BITS

Integer from 1 to 32. Default is 8.

=item INCREMENTAL

Boolean. If true, the old aggregate annotation is kept in front: it is shifted left by
BITS bits, and the paint comes in behind it. Default is false.

=back

=a AggregateLength, AggregateIP, AggregateCounter, Paint
*/

import { arg, element } from '../../dataplane/element.ts'
import { aggregateOf, setAggregate } from '../lib/anno-words.ts'

export default element({
  name: 'AggregatePaint',
  ports: '1/1',

  config: {
    BITS: arg.int(8).at(),
    INCREMENTAL: arg.bool(false),
  },

  configure(config, context) {
    if (config.BITS < 1 || config.BITS > 32) context.error('bad number of bits')
    return { mask: config.BITS >= 8 ? 255 : (1 << config.BITS) - 1 }
  },

  action(self, p) {
    const paint = p.paint & self.plan.mask
    const { BITS, INCREMENTAL } = self.config
    setAggregate(p, INCREMENTAL ? (aggregateOf(p) << BITS) | paint : paint)
    return p
  },
})
