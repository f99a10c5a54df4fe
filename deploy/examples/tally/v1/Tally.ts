/*
=c

Tally()

=s counters

numbers the packets of each flow

=d

Writes the number that a UDP packet has in its flow, from one source address and port, into its
last four bytes. The first version counts packets only, and up to 65,535. Packets must have their IP header annotation set.

=h full read-only

Returns the number of packets that found no room for their flow.
*/

import { table } from '../../../../dataplane/declare.ts'
import { element } from '../../../../dataplane/element.ts'
import { readIp } from '../../../../elements/lib/arp.ts'
import { stamp } from '../number.ts'

const flows = table({
  version: 1,
  scope: 'flow',
  key: { saddr: 'i32', port: 'u16' },
  row: { packets: 'u16', seen: 'time' },
  capacity: 65_536,
  expire: { idle: 'seen', after: 300 },
})

export default element({
  name: 'Tally',
  ports: '1/1',
  config: {},
  counters: { full: 'packets that found no room for their flow' },
  state: { flows },

  action(self, p) {
    const m = p.mem
    const t = p.net + ((m[p.net]! & 15) << 2)
    const row = self.state.flows.insert(p.bucket, readIp(m, p.net + 12), (m[t]! << 8) | m[t + 1]!)
    if (row === null) {
      self.counters.full++
      return p
    }
    row.packets += 1
    row.seen = self.router.nowMs
    stamp(p, row.packets)
    return p
  },
})
