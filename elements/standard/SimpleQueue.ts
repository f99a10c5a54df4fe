/*
=c

SimpleQueue([CAPACITY])

=s storage

stores packets in a FIFO queue

=d

Like Queue, but does not tell sources that it is full: they go on, and what
does not fit is dropped. The default for CAPACITY is 1000.

=h length read-only

Returns the current number of packets in the queue.

=h highwater_length read-only

Returns the largest length of the queue since it was reset.

=h capacity read/write

Returns or sets the queue's capacity. Packets beyond a lowered capacity are
dropped, the newest first.

=h drops read-only

Returns the number of packets dropped because the queue was full.

=h reset_counts write-only

Resets C<drops> and C<highwater_length>.

=h reset write-only

Drops all packets in the queue.

=a Queue
*/

import { packets } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import { dropAll, setCapacity } from '../lib/queue-handlers.ts'

export default element({
  name: 'SimpleQueue',
  ports: '1/1',
  processing: 'h/l',

  config: { CAPACITY: arg.count(1000).at() },

  counters: {
    drops: 'packets dropped because the queue was full',
    highwater_length: 'largest length since the last reset',
  },

  state: { queue: packets({ capacity: 'CAPACITY' }) },

  push(self, _port, p) {
    const { queue } = self.state
    if (!queue.push(p)) {
      self.counters.drops++
      self.kill(p)
      return
    }
    const length = queue.length
    if (length > self.counters.highwater_length) self.counters.highwater_length = length
    if (length === 1) self.notify()
  },

  pull(self) {
    return self.state.queue.shift()
  },

  handlers: {
    length: { read: (self) => String(self.state.queue.length) },
    capacity: {
      read: (self) => String(self.state.queue.capacity),
      write: setCapacity,
    },
    reset_counts: {
      button: true,
      write(self) {
        self.counters.drops = 0
        self.counters.highwater_length = 0
      },
    },
    reset: { button: true, write: dropAll },
  },
})
