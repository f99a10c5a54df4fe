/*
=c

InputSwitch([INPUT])

=s classification

passes packets of a settable input

=d

Passes packets that come by input INPUT, which a handler can change, and drops others. A
negative INPUT drops all. Default is 0.

=h switch read/write

Returns or sets the INPUT parameter.

=a Switch
*/

import { arg, DROP, element } from '../../dataplane/element.ts'
import { SETTINGS, toInteger } from '../lib/settings.ts'

export default element({
  name: 'InputSwitch',
  reconfigures: true,
  ports: '-/1',
  processing: 'h/h',

  config: { INPUT: arg.int(0).at() },

  local: SETTINGS,

  configure(config, context) {
    if (config.INPUT >= context.ninputs) context.error(`input must be < ${context.ninputs}`)
  },

  open(self): { input: number } {
    return { input: self.config.INPUT }
  },

  route(self, _p, port) {
    return port === self.resource.input ? 0 : DROP
  },

  handlers: {
    switch: {
      read: (self) => String(self.resource.input),
      write(self, value) {
        const input = toInteger(value, -Infinity, 'InputSwitch input must be integer')
        self.resource.input = input >= self.ninputs ? -1 : input
      },
    },
  },
})
