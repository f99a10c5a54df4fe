/*
=c

Queue([CAPACITY])

=s storage

stores packets in a FIFO queue

=d

Stores incoming packets in a first-in-first-out queue. Drops incoming packets
if the queue already holds CAPACITY packets. The default for CAPACITY is 1000.

Elements that pull from it sleep while it is empty; sources that push to it
sleep while it is full. The packets held are state: they move with their
buckets.

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

=a SimpleQueue, Unqueue
*/

import { packets } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import { dropAll, setCapacity } from '../lib/queue-handlers.ts'

export default element({
  name: 'Queue',
  ports: '1/1',
  processing: 'h/l',
  notesFull: true,

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
    if (length >= queue.capacity) self.signalFull(true)
  },

  pull(self) {
    const { queue } = self.state
    const p = queue.shift()
    if (p !== null && queue.length === queue.capacity - 1) self.signalFull(false)
    return p
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
