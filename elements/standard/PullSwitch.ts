/*
=c

PullSwitch([INPUT])

=s scheduling

pulls from a settable input

=d

Pulls from input INPUT, which a handler can change; a negative INPUT gives no packets.
Default is 0.

=h switch read/write

Returns or sets the INPUT parameter.

=a Switch, PrioSched
*/

import { arg, element } from '../../dataplane/element.ts'
import { SETTINGS, toInteger } from '../lib/settings.ts'

export default element({
  name: 'PullSwitch',
  ports: '-/1',
  processing: 'l/l',

  config: { INPUT: arg.int(0).at() },

  local: SETTINGS,

  configure(config, context) {
    if (config.INPUT >= context.ninputs) context.error(`input must be < ${context.ninputs}`)
  },

  open(self): { input: number } {
    return { input: self.config.INPUT }
  },

  pull(self) {
    const { input } = self.resource
    return input < 0 ? null : self.in[input]!()
  },

  handlers: {
    switch: {
      read: (self) => String(self.resource.input),
      write(self, value) {
        const input = toInteger(value, -Infinity, 'PullSwitch input must be integer')
        self.resource.input = input >= self.ninputs ? -1 : input
        self.notify()
      },
    },
  },
})
