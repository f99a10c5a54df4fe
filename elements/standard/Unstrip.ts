/*
=c

Unstrip(LENGTH)

=s basicmod

unstrips bytes from front of packets

=d

Puts LENGTH bytes in front of each packet: those that were stripped before, where
they were. A packet without room for them is dropped, and C<drops> counts it.

=h drops read-only

Returns the number of packets that had no room.

=a Strip
*/

import { arg, element } from '../../dataplane/element.ts'

export default element({
  name: 'Unstrip',
  ports: '1/1',

  config: { LENGTH: arg.u32().at().must() },

  counters: { drops: 'packets without room in front' },

  action(self, p) {
    if (p.push(self.config.LENGTH)) return p
    self.counters.drops++
    return null
  },
})
