/*
=c

Align(MODULUS, OFFSET)

=s basicmod

aligns packet data

=d

Moves a packet's data, where it is necessary, so that its first byte lies OFFSET bytes behind a
multiple of MODULUS in memory. MODULUS is 2, 4 or 8; OFFSET is less. Nothing here needs aligned
data: the element is for configurations that click-align made, and for those that count on it.

=e

  ... -> Align(4, 2) -> ...

=h drops read-only

Returns the number of packets that had no room to be moved.

=a AlignmentInfo
*/

import { arg, element } from '../../dataplane/element.ts'

export default element({
  name: 'Align',
  ports: '1/1',

  config: {
    MODULUS: arg.int().at().must(),
    OFFSET: arg.int().at().must(),
  },

  counters: { drops: 'packets without room to be moved' },

  configure(config, context) {
    if (![2, 4, 8].includes(config.MODULUS)) context.error('MODULUS must be 2, 4, or 8')
    else if (config.OFFSET < 0 || config.OFFSET >= config.MODULUS)
      context.error('OFFSET must be smaller than MODULUS')
  },

  action(self, p) {
    const { MODULUS, OFFSET } = self.config
    const up = (OFFSET - (p.off % MODULUS) + MODULUS) % MODULUS
    if (up === 0) return p
    // Behind the data where there is room; else in front of it.
    const by = p.end + up <= p.limit ? up : up - MODULUS
    if (p.off + by < p.base) {
      self.counters.drops++
      return null
    }
    p.mem.copyWithin(p.off + by, p.off, p.end)
    p.off += by
    p.end += by
    if (p.mac >= 0) p.mac += by
    if (p.net >= 0) p.net += by
    if (p.transport >= 0) p.transport += by
    return p
  },
})
