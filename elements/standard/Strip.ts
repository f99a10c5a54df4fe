/*
=c

Strip(LENGTH)

=s basicmod

strips bytes from front of packets

=d

Deletes the first LENGTH bytes of each packet. A packet that is shorter becomes
empty.

=e

  Strip(14) // takes the Ethernet header off

=a Unstrip, EtherEncap
*/

import { arg, element } from '../../dataplane/element.ts'

export default element({
  name: 'Strip',
  ports: '1/1',

  config: { LENGTH: arg.u32().at().must() },

  action(self, p) {
    const off = p.off + self.config.LENGTH
    p.off = Math.min(off, p.end)
    return p
  },
})
