/*
=c

MixedQueue([CAPACITY])

=s storage

stores packets in a FIFO/LIFO queue

=d

Packets of input 0 go to the end of the queue, packets of input 1 to its front. When
the queue holds CAPACITY packets, one that comes by input 0 is dropped; one that comes
by input 1 pushes out the packet that waited longest at the end. The default for
CAPACITY is 1000.

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

=a Queue, FrontDropQueue
*/

import { packets } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { dropAll, setCapacity } from '../lib/queue-handlers.ts'

export default element({
  name: 'MixedQueue',
  ports: '2/1',
  processing: 'h/l',

  config: { CAPACITY: arg.count(1000).at() },

  counters: {
    drops: 'packets dropped because the queue was full',
    highwater_length: 'largest length since the last reset',
  },

  state: { queue: packets({ capacity: 'CAPACITY' }) },

  push(self, port, p) {
    const { queue } = self.state
    let lost: Packet | null = null
    if (port === 1 && queue.length >= queue.capacity) lost = takeLast(queue)
    if (!(port === 1 ? queue.unshift(p) : queue.push(p))) lost = p
    if (lost !== null) {
      self.counters.drops++
      self.kill(lost)
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

interface Held {
  readonly length: number
  extract(visit: (p: Packet) => boolean): void
}

function takeLast(queue: Held): Packet | null {
  let n = queue.length
  let last: Packet | null = null
  queue.extract((p) => {
    if (--n > 0) return false
    last = p
    return true
  })
  return last
}
