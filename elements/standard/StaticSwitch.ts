/*
=c

StaticSwitch(OUTPUT)

=s classification

sends packets to a fixed output

=d

Sends every packet to output OUTPUT; drops it where OUTPUT is negative or there is no
such output.

=a Switch
*/

import { arg, DROP, element } from '../../dataplane/element.ts'

export default element({
  name: 'StaticSwitch',
  ports: '1/-',
  processing: 'h/h',

  config: { OUTPUT: arg.int().at().must() },

  route(self) {
    const { OUTPUT } = self.config
    return OUTPUT < 0 ? DROP : OUTPUT
  },
})
