/*
=c

StrideSwitch(TICKETS0, ..., TICKETSI<n>)

=s classification

sends packets to stride-scheduled outputs

=d

Has one number of TICKETS for each output, from 0 to 32768. Outputs get packets in proportion to
their tickets, by stride scheduling; an output without tickets gets none. Where no output has any,
packets are dropped.

=h tickets0...ticketsI<n> read/write

Returns or sets an output's tickets.

=e

  ... -> s :: StrideSwitch(3, 1);
  s [0] -> ...
  s [1] -> ...

=a StrideSched, RoundRobinSwitch, RandomSwitch, HashSwitch
*/

import { DROP, element } from '../../dataplane/element.ts'
import { goForward, makeShares, parseTickets, type Shares, ticketHandlers } from '../lib/stride.ts'

export default element({
  name: 'StrideSwitch',
  ports: '1/1-',
  processing: 'h/h',
  config: 'raw',
  local: "shares of this replica's own packets",

  configure(_config, context) {
    return { tickets: parseTickets(context, context.noutputs, 'output') }
  },

  open(self): Shares {
    return makeShares(self.plan.tickets)
  },

  route(self) {
    const { queue } = self.resource
    if (queue.length === 0) return DROP
    const { port } = queue[0]!
    goForward(queue, 1)
    return port
  },

  handlers: ticketHandlers,
})
