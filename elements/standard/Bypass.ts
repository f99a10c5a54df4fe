/*
=c

Bypass([ACTIVE])

=s classification

sends packets through an optional bypass

=d

Passes packets from input 0 to output 0. While ACTIVE is true, a push Bypass sends them to
output 1 instead, and a pull Bypass pulls from input 1. With two inputs and outputs the
way round comes back by itself: packets pushed to input 1 go to output 0, and pulls of
output 1 go to input 0.

=over 8

=item ACTIVE

Boolean. Default is false.

=item INLINE

Boolean. Accepted: the compiled path has a Bypass in it in either case.

=back

=h active read/write

Returns or sets the ACTIVE parameter.

=e

  ... -> b :: Bypass -> ...;  b[1] -> Print -> [1] b;

=a Switch, PullSwitch
*/

import { arg, element } from '../../dataplane/element.ts'
import { SETTINGS, toBool } from '../lib/settings.ts'

export default element({
  name: 'Bypass',
  ports: '1-2/1-2',
  processing: 'a/a',

  config: {
    ACTIVE: arg.bool(false).at(),
    INLINE: arg.bool(false),
  },

  local: SETTINGS,

  open(self): { active: boolean } {
    return { active: self.config.ACTIVE }
  },

  push(self, port, p) {
    if (port === 0 && self.resource.active && self.noutputs > 1) self.out[1]!(p)
    else self.out[0]!(p)
  },

  pull(self, port) {
    const input = port === 0 && self.resource.active && self.ninputs > 1 ? 1 : 0
    return self.in[input]!()
  },

  handlers: {
    active: {
      read: (self) => String(self.resource.active),
      write(self, value) {
        self.resource.active = toBool(value)
        self.notify()
      },
    },
  },
})
