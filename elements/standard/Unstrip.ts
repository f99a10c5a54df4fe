/*
=c

Unstrip(LENGTH)

=s basicmod

unstrips bytes from front of packets

=d

Puts LENGTH bytes in front of each packet: those that were stripped before, where
they were. A packet that has no room for them is copied to a longer memory, with bytes of any value
in front.

=h drops read-only

Returns the number of packets that had no room, and for which no frame was free.

=a Strip
*/

import { arg, element } from '../../dataplane/element.ts'
import { resized } from '../lib/resize.ts'

export default element({
  name: 'Unstrip',
  ports: '1/1',

  config: { LENGTH: arg.u32().at().must() },

  counters: { drops: 'packets without room in front' },

  action(self, p) {
    if (p.push(self.config.LENGTH)) return p
    const longer = resized(self.router.pool, p, self.config.LENGTH, 0)
    if (longer === null) self.counters.drops++
    return longer
  },
})
