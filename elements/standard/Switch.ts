/*
=c

Switch([OUTPUT])

=s classification

sends packets to a settable output

=d

Sends every packet to output OUTPUT, which a handler can change. A negative OUTPUT
drops packets. Default is 0.

=h switch read/write

Returns or sets the OUTPUT parameter.

=a StaticSwitch, RoundRobinSwitch
*/

import { arg, DROP, element } from '../../dataplane/element.ts'
import { SETTINGS, toInteger } from '../lib/settings.ts'

export default element({
  name: 'Switch',
  reconfigures: true,
  ports: '1/-',
  processing: 'h/h',

  config: { OUTPUT: arg.int(0).at() },

  local: SETTINGS,

  configure(config, context) {
    if (config.OUTPUT >= context.noutputs) context.error(`output must be < ${context.noutputs}`)
  },

  open(self): { output: number } {
    return { output: self.config.OUTPUT }
  },

  route(self) {
    const { output } = self.resource
    return output < 0 ? DROP : output
  },

  handlers: {
    switch: {
      read: (self) => String(self.resource.output),
      write(self, value) {
        const output = toInteger(value, -Infinity, 'Switch output must be integer')
        self.resource.output = output >= self.noutputs ? -1 : output
      },
    },
  },
})
