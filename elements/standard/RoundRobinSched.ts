/*
=c

RoundRobinSched

=s scheduling

pulls from round-robin inputs

=d

Each pull starts at the input behind the one that gave the last packet, and takes the
first packet that there is.

=a PrioSched, StrideSched
*/

import { cell } from '../../dataplane/declare.ts'
import { element } from '../../dataplane/element.ts'

export default element({
  name: 'RoundRobinSched',
  ports: '-/1',
  processing: 'l/l',
  config: {},

  state: {
    turn: cell({
      version: 1,
      scope: 'local',
      reason: 'each replica takes turns among its own packets',
      row: { next: 'i32' },
    }),
  },

  pull(self) {
    const n = self.ninputs
    const first = self.state.turn.next
    for (let k = 0; k < n; k++) {
      const input = (first + k) % n
      const p = self.in[input]!()
      if (p === null) continue
      self.state.turn.next = (input + 1) % n
      return p
    }
    return null
  },
})
