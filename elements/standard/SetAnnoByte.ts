/*
=c

SetAnnoByte(ANNO, VALUE)

=s annotations

sets a byte of packets' annotations

=d

Sets the annotation byte ANNO of each packet to VALUE. Paint does the same, with its arguments the
other way round, and is the one to use.

=over 8

=item ANNO

An annotation of one byte by its name, or a number from 0 to 47.

=item VALUE

Integer from 0 to 255.

=back

=h anno read-only

Returns the number of the byte.

=h value read/write

Returns or sets the VALUE parameter.

=e

  ... -> SetAnnoByte(17, 4) -> ...

=a Paint
*/

import { arg, element } from '../../dataplane/element.ts'
import { annoOffset, setAnnoByte } from '../lib/anno.ts'
import { SETTINGS, toInteger } from '../lib/settings.ts'

export default element({
  name: 'SetAnnoByte',
  reconfigures: true,
  ports: '1/1',

  config: {
    ANNO: arg.anno().at().must(),
    VALUE: arg.u8().at().must(),
  },

  local: SETTINGS,

  configure(config, context) {
    context.warning('SetAnnoByte(ANNO, VALUE) is obsolete, use Paint(VALUE, ANNO) instead')
    return { offset: annoOffset(config.ANNO) }
  },

  open(self): { value: number } {
    return { value: self.config.VALUE }
  },

  action(self, p) {
    setAnnoByte(p, self.plan.offset, self.resource.value)
    return p
  },

  handlers: {
    anno: { read: (self) => String(self.plan.offset) },
    value: {
      read: (self) => String(self.resource.value),
      write(self, text) {
        const value = toInteger(text, 0, 'value must be an integer from 0 to 255')
        if (value > 255) throw new Error('value must be an integer from 0 to 255')
        self.resource.value = value
      },
    },
  },
})
