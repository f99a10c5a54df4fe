/*
=c

PaintTee(COLOR [, ANNO])

=s paint

duplicates packets of one color

=d

Passes packets on to output 0. A copy of those whose paint annotation is COLOR goes
out of output 1. ANNO is another annotation of one byte to look at.

=h color read-only

Returns the color.

=h drops read-only

Returns the number of copies that could not be made: no frame was free.

=a Paint, Tee
*/

import { arg, element } from '../../dataplane/element.ts'
import { annoByte, annoOffset } from '../lib/anno.ts'

export default element({
  name: 'PaintTee',
  ports: '1/2',
  processing: 'a/ah',

  config: {
    COLOR: arg.u8().at().must(),
    ANNO: arg.anno('PAINT').at(),
  },

  counters: { drops: 'copies not made, no frame was free' },

  configure(config) {
    return { offset: annoOffset(config.ANNO) }
  },

  route(self, p) {
    if (annoByte(p, self.plan.offset) === self.config.COLOR) {
      const copy = self.router.pool.clone(p)
      if (copy === null) self.counters.drops++
      else self.out[1]!(copy)
    }
    return 0
  },

  handlers: { color: { read: (self) => String(self.config.COLOR) } },
})
