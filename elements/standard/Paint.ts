/*
=c

Paint(COLOR [, ANNO])

=s paint

sets packet paint annotations

=d

Sets each packet's paint annotation to COLOR, an integer from 0 to 255. ANNO is
another annotation of one byte to set instead, by name or offset.

=h color read/write

Returns or sets the color.

=a PaintTee, PaintSwitch, CheckPaint
*/

import { arg, element } from '../../dataplane/element.ts'
import { annoOffset, setAnnoByte } from '../lib/anno.ts'
import { SETTINGS, toInteger } from '../lib/settings.ts'

export default element({
  name: 'Paint',
  reconfigures: true,
  ports: '1/1',

  config: {
    COLOR: arg.u8().at().must(),
    ANNO: arg.anno('PAINT').at(),
  },

  local: SETTINGS,

  configure(config) {
    return { offset: annoOffset(config.ANNO) }
  },

  open(self): { color: number } {
    return { color: self.config.COLOR }
  },

  action(self, p) {
    setAnnoByte(p, self.plan.offset, self.resource.color)
    return p
  },

  handlers: {
    color: {
      read: (self) => String(self.resource.color),
      write(self, value) {
        const color = toInteger(value, 0, 'color must be an integer from 0 to 255')
        if (color > 255) throw new Error('color must be an integer from 0 to 255')
        self.resource.color = color
      },
    },
  },
})
