/*
=c

RoundRobinSwitch

=s classification

sends packets to round-robin outputs

=d

Sends the first packet to output 0, the next to output 1, and so on, and then begins
again.

=a Switch
*/

import { cell } from '../../dataplane/declare.ts'
import { element } from '../../dataplane/element.ts'

export default element({
  name: 'RoundRobinSwitch',
  ports: '1/-',
  processing: 'h/h',
  config: {},

  state: {
    turn: cell({
      version: 1,
      scope: 'local',
      reason: 'each replica spreads its own packets',
      row: { next: 'i32' },
    }),
  },

  route(self) {
    const { turn } = self.state
    const output = turn.next
    turn.next = output + 1 < self.noutputs ? output + 1 : 0
    return output
  },
})
