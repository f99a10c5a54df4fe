// The queues: one FIFO with Queue's handlers, under several names.

import { packets } from '../../dataplane/declare.ts'
import { type AnyElement, arg, element } from '../../dataplane/element.ts'
import { dropAll, setCapacity } from './queue-handlers.ts'

/** @param notesFull tells sources that it is full, so that they wait */
export function queueElement(name: string, notesFull: boolean): AnyElement {
  return element({
    name,
    ports: '1/1',
    processing: 'h/l',
    notesFull,

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
}
