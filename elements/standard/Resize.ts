/*
=c

Resize([HEAD, TAIL])

=s basicmod

changes packets' length at either end

=d

Adds HEAD bytes in front of a packet and TAIL bytes behind it; a negative number takes as many
away, all of the packet where it has fewer. Added bytes are what was in the memory before. A packet
that has no room for more is copied to a longer memory.

=over 8

=item HEAD

Integer. Default is 0.

=item TAIL

Integer. Default is 0.

=back

=h head read/write

Returns or sets the HEAD parameter.

=h tail read/write

Returns or sets the TAIL parameter.

=e

  ... -> Resize(-14) -> ...

=a Strip, Unstrip, Truncate, Pad
*/

import { arg, element } from '../../dataplane/element.ts'
import { resized } from '../lib/resize.ts'
import { SETTINGS, toInteger } from '../lib/settings.ts'

export default element({
  name: 'Resize',
  reconfigures: true,
  ports: '1/1',

  config: {
    HEAD: arg.int(0).at(),
    TAIL: arg.int(0).at(),
  },

  local: SETTINGS,

  open(self): { head: number; tail: number } {
    return { head: self.config.HEAD, tail: self.config.TAIL }
  },

  action(self, p) {
    return resized(self.router.pool, p, self.resource.head, self.resource.tail)
  },

  handlers: {
    head: {
      read: (self) => String(self.resource.head),
      write(self, value) {
        self.resource.head = toInteger(value, -Infinity, 'HEAD: invalid number')
      },
    },
    tail: {
      read: (self) => String(self.resource.tail),
      write(self, value) {
        self.resource.tail = toInteger(value, -Infinity, 'TAIL: invalid number')
      },
    },
  },
})
