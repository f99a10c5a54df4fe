/*
=c

CPUQueue([CAPACITY])

=s threads

stores packets in a FIFO queue for each thread

=d

Has a queue of CAPACITY packets for each thread that pushes; those who pull get packets from one
after the other. The packets of a replica are worked on by one thread, so that there is one queue,
for all outputs.

=over 8

=item CAPACITY

Unsigned integer. Default is 128.

=back

=h drops read-only

Returns the number of packets that did not fit.

=h capacity read-only

Returns the CAPACITY parameter.

=e

  ... -> CPUQueue(1000) -> ToDevice(eth0)

=a Queue, CPUSwitch
*/

import { packets } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'

export default element({
  name: 'CPUQueue',
  ports: '1/1-',
  processing: 'h/l',

  config: { CAPACITY: arg.count(128).at() },

  counters: { drops: 'packets that did not fit' },

  state: { queue: packets({ capacity: 'CAPACITY' }) },

  push(self, _port, p) {
    const { queue } = self.state
    if (!queue.push(p)) {
      self.counters.drops++
      self.kill(p)
    } else if (queue.length === 1) self.notify()
  },

  pull(self) {
    return self.state.queue.shift()
  },

  handlers: {
    capacity: { read: (self) => String(self.config.CAPACITY) },
  },
})
