/*
=c

StoreTimestamp([I<keywords> OFFSET, TAIL])

=s timestamps

writes the time annotation into the packet

=d

Writes each packet's time annotation into its data: eight bytes, nanoseconds since the
epoch, lowest byte first. Give one of OFFSET and TAIL.

=over 8

=item OFFSET

Integer. Where the time goes; a packet that is too short is made OFFSET + 8 bytes long,
with zeroes.

=item TAIL

Boolean. If true, the time goes behind the packet's last byte.

=back

=h drops read-only

Returns the number of packets that had no room.

=a SetTimestamp, Pad
*/

import { arg, element } from '../../dataplane/element.ts'
import { writeTime } from '../lib/anno-words.ts'

const SIZE = 8

export default element({
  name: 'StoreTimestamp',
  ports: '1/1',

  config: {
    OFFSET: arg.int(-1),
    TAIL: arg.bool(false),
  },

  counters: { drops: 'packets without room behind' },

  configure(config, context) {
    if (config.OFFSET >= 0 === config.TAIL)
      context.error("supply exactly one of 'OFFSET' and 'TAIL'")
  },

  action(self, p) {
    const { OFFSET, TAIL } = self.config
    const at = TAIL ? p.end : p.off + OFFSET
    if (at + SIZE > p.limit) {
      self.counters.drops++
      return null
    }
    if (at + SIZE > p.end) {
      p.mem.fill(0, p.end, at + SIZE)
      p.end = at + SIZE
    }
    writeTime(p.mem, at, p.timeUs)
    return p
  },
})
