/*
=c

PaintSwitch([ANNO])

=s paint

sends packets to the output of their color

=d

Sends each packet to the output with the number of its paint annotation; a packet
whose color has no output is dropped. ANNO is another annotation of one byte to look
at. A packet of color 255 is sent to every output.

=h drops read-only

Returns the number of copies that were not made, because no frame was free.

=a Paint, PaintTee
*/

import { arg, element, KEPT } from '../../dataplane/element.ts'
import { annoByte, annoOffset } from '../lib/anno.ts'

/** Click's color for all outputs. */
const EVERY_OUTPUT = 255

export default element({
  name: 'PaintSwitch',
  ports: '1/-',
  processing: 'h/h',

  config: { ANNO: arg.anno('PAINT').at() },

  counters: { drops: 'copies not made, no frame was free' },

  configure(config) {
    return { offset: annoOffset(config.ANNO) }
  },

  route(self, p) {
    const color = annoByte(p, self.plan.offset)
    if (color !== EVERY_OUTPUT) return color
    for (let k = 0; k < self.noutputs; k++) {
      const copy = self.router.pool.clone(p)
      if (copy === null) self.counters.drops++
      else self.out[k]!(copy)
    }
    self.kill(p)
    return KEPT
  },
})
