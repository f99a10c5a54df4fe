/*
=c

PrioSched

=s scheduling

pulls from priority-scheduled inputs

=d

Each pull takes a packet from the first input that has one: input 0 comes first.

=a RoundRobinSched, StrideSched
*/

import { element } from '../../dataplane/element.ts'

export default element({
  name: 'PrioSched',
  ports: '-/1',
  processing: 'l/l',
  config: {},

  pull(self) {
    for (let input = 0; input < self.ninputs; input++) {
      const p = self.in[input]!()
      if (p !== null) return p
    }
    return null
  },
})
