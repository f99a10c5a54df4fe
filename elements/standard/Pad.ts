/*
=c

Pad([LENGTH, I<keyword> ZERO])

=s basicmod

extends packet length

=d

Extends packets to LENGTH bytes, or, where LENGTH is not given, by their extra length
annotation, which is then zero. A packet without room behind it is dropped, and C<drops>
counts it.

=over 8

=item LENGTH

Unsigned.

=item ZERO

Boolean. Accepted; what is added is always zero.

=back

=h drops read-only

Returns the number of packets that had no room.

=a Truncate
*/

import { arg, element } from '../../dataplane/element.ts'
import { extraLength, setExtraLength } from '../lib/extra-length.ts'

export default element({
  name: 'Pad',
  ports: '1/1',

  config: {
    LENGTH: arg.count(0).at(),
    ZERO: arg.bool(true),
  },

  counters: { drops: 'packets without room behind' },

  action(self, p) {
    const { LENGTH } = self.config
    const more = LENGTH > 0 ? LENGTH - (p.end - p.off) : extraLength(p)
    if (p.end + more > p.limit) {
      self.counters.drops++
      return null
    }
    setExtraLength(p, 0)
    if (more > 0) {
      p.mem.fill(0, p.end, p.end + more)
      p.end += more
    }
    return p
  },
})
