/*
=c

FrontDropQueue([CAPACITY])

=s storage

stores packets in a drop-from-front FIFO queue

=d

Stores incoming packets in a first-in-first-out queue. When it already holds CAPACITY
packets, the oldest is dropped, or sent to output 1 where there is one, to make room.
The default for CAPACITY is 1000.

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

=a Queue, MixedQueue
*/

import { packets } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import { dropAll, setCapacity } from '../lib/queue-handlers.ts'

export default element({
  name: 'FrontDropQueue',
  ports: '1/1-2',
  processing: 'h/lh',

  config: { CAPACITY: arg.count(1000).at() },

  counters: {
    drops: 'packets dropped because the queue was full',
    highwater_length: 'largest length since the last reset',
  },

  state: { queue: packets({ capacity: 'CAPACITY' }) },

  push(self, _port, p) {
    const { queue } = self.state
    if (queue.length >= queue.capacity) {
      self.counters.drops++
      const oldest = queue.shift() ?? p
      if (self.noutputs > 1) self.out[1]!(oldest)
      else self.kill(oldest)
      if (oldest === p) return
    }
    queue.push(p)
    const length = queue.length
    if (length > self.counters.highwater_length) self.counters.highwater_length = length
    if (length === 1) self.notify()
  },

  pull(self) {
    return self.state.queue.shift()
  },

  handlers: {
    length: { read: (self) => String(self.state.queue.length) },
    capacity: { read: (self) => String(self.state.queue.capacity), write: setCapacity },
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
