/*
=c

CheckPaint(COLOR [, ANNO])

=s paint

checks packet paint annotations

=d

Sends packets whose paint annotation is COLOR to output 0, others to output 1, or
drops them where that is not connected. ANNO is another annotation of one byte to
look at.

=h color read-only

Returns the color.

=a Paint, PaintSwitch
*/

import { arg, element } from '../../dataplane/element.ts'
import { annoByte, annoOffset } from '../lib/anno.ts'

export default element({
  name: 'CheckPaint',
  ports: '1/1-2',
  processing: 'a/ah',

  config: {
    COLOR: arg.u8().at().must(),
    ANNO: arg.anno('PAINT').at(),
  },

  configure(config) {
    return { offset: annoOffset(config.ANNO) }
  },

  route(self, p) {
    return annoByte(p, self.plan.offset) === self.config.COLOR ? 0 : 1
  },

  handlers: { color: { read: (self) => String(self.config.COLOR) } },
})
