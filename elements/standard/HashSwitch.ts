/*
=c

HashSwitch(OFFSET, LENGTH)

=s classification

sends packets to outputs by a hash of their bytes

=d

Takes LENGTH bytes from OFFSET on, and sends the packet to the output that their hash says: packets
that are alike there go the same way. Packets too short for that go to output 0.

=over 8

=item OFFSET

Unsigned integer.

=item LENGTH

Unsigned integer, at least 1.

=back

=e

  ... -> h :: HashSwitch(16, 4);      // IP packets, by their destination
  h [0] -> ...
  h [1] -> ...

=a RoundRobinSwitch, StrideSwitch, RandomSwitch
*/

import { arg, element } from '../../dataplane/element.ts'

export default element({
  name: 'HashSwitch',
  ports: '1/1-',
  processing: 'h/h',

  config: {
    OFFSET: arg.count().at().must(),
    LENGTH: arg.count().at().must(),
  },

  configure(config, context) {
    if (config.LENGTH === 0) context.error('length must be > 0')
  },

  route(self, p) {
    const at = p.off + self.config.OFFSET
    const end = at + self.config.LENGTH
    if (end > p.end) return 0
    let sum = 0
    for (let i = at; i < end; i++) sum = (sum + p.mem[i]!) | 0
    const n = self.noutputs
    // As Click hashes, so that the same packets go the same way.
    if ((n & (n - 1)) === 0) return (sum ^ (sum >> 4)) & (n - 1)
    return Math.abs(sum % n)
  },
})
