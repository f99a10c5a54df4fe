/*
=c

StrideSched(TICKETS0, ..., TICKETSI<n>)

=s scheduling

pulls from stride-scheduled inputs

=d

Has one number of TICKETS for each input, from 0 to 32768. Inputs that have packets get shares in
proportion to their tickets, by stride scheduling; an input without tickets is never asked.

=h tickets0...ticketsI<n> read/write

Returns or sets an input's tickets.

=e

  q0 -> [0] s :: StrideSched(3, 1) -> ToDevice(eth0);
  q1 -> [1] s;

=a PrioSched, RoundRobinSched, StrideSwitch
*/

import { element } from '../../dataplane/element.ts'
import { goForward, makeShares, parseTickets, type Shares, ticketHandlers } from '../lib/stride.ts'

export default element({
  name: 'StrideSched',
  reconfigures: true,
  ports: '1-/1',
  processing: 'l/l',
  config: 'raw',
  local: "shares of this replica's own packets",

  configure(_config, context) {
    return { tickets: parseTickets(context, context.ninputs, 'input') }
  },

  open(self): Shares {
    return makeShares(self.plan.tickets)
  },

  pull(self) {
    const { queue } = self.resource
    for (let k = 0; k < queue.length; k++) {
      const p = self.in[queue[k]!.port]!()
      if (p === null) continue
      goForward(queue, k + 1)
      return p
    }
    goForward(queue, queue.length)
    return null
  },

  handlers: ticketHandlers,
})
