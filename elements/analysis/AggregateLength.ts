/*
=c

AggregateLength([I<keywords> IP])

=s aggregates

makes the aggregate annotation of the packet's length

=d

Sets each packet's aggregate annotation to its length and what the extra length
annotation adds to it.

=over 8

=item IP

Boolean. If true, only what comes from the IP header on counts. Packets without network
header then go to output 1, or are dropped where there is none. Default is false.

=back

=a AggregateIP, AggregateCounter, AggregatePaint
*/

import { arg, element } from '../../dataplane/element.ts'
import { extraLength, setAggregate } from '../lib/anno-words.ts'

export default element({
  name: 'AggregateLength',
  ports: '1/1-2',
  processing: 'a/ah',

  config: { IP: arg.bool(false) },

  route(self, p) {
    const from = self.config.IP ? p.net : p.off
    if (from < 0) return 1
    setAggregate(p, (p.end - from + extraLength(p)) | 0)
    return 0
  },
})
