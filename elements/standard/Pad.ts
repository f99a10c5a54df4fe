/*
=c

Pad([LENGTH, I<keyword> ZERO])

=s basicmod

extends packet length

=d

Extends packets to LENGTH bytes, or, where LENGTH is not given, by their extra length
annotation, which is then zero. A packet that has no room for them is copied to a longer
memory.

=over 8

=item LENGTH

Unsigned.

=item ZERO

Boolean. Accepted; what is added is always zero.

=back

=h drops read-only

Returns the number of packets that had no room, and for which no frame was free.

=a Truncate
*/

import { arg, element } from '../../dataplane/element.ts'
import { extraLength, setExtraLength } from '../lib/extra-length.ts'
import { resized } from '../lib/resize.ts'

export default element({
  name: 'Pad',
  reconfigures: true,
  ports: '1/1',

  config: {
    LENGTH: arg.count(0).at(),
    ZERO: arg.bool(true),
  },

  counters: { drops: 'packets without room behind' },

  action(self, packet) {
    const { LENGTH } = self.config
    const more = LENGTH > 0 ? LENGTH - (packet.end - packet.off) : extraLength(packet)
    setExtraLength(packet, 0)
    if (more <= 0) return packet
    const p = resized(self.router.pool, packet, 0, more)
    if (p === null) self.counters.drops++
    else p.mem.fill(0, p.end - more, p.end)
    return p
  },
})
