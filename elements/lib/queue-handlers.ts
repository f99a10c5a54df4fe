// The handlers that all queues have, as Click's Queue has them.

import type { PacketFifo } from '../../dataplane/declare.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { toInteger } from './settings.ts'

interface QueueSelf {
  readonly state: { readonly queue: PacketFifo }
  readonly counters: { drops: number; highwater_length: number }
  kill(p: Packet): void
  signalFull(full: boolean): void
}

export const queueHandlers = {
  length: { read: (self: QueueSelf) => String(self.state.queue.length) },
  capacity: {
    read: (self: QueueSelf) => String(self.state.queue.capacity),
    write: setCapacity,
  },
  reset_counts: {
    button: true,
    write(self: QueueSelf) {
      self.counters.drops = 0
      self.counters.highwater_length = self.state.queue.length
    },
  },
  reset: { button: true, write: dropAll },
}

function setCapacity(self: QueueSelf, value: string): void {
  const { queue } = self.state
  const capacity = toInteger(value, 0, 'capacity must be an unsigned integer')
  queue.capacity = capacity
  let n = 0
  queue.extract((p) => {
    if (n++ < capacity) return false
    self.counters.drops++
    self.kill(p)
    return true
  })
  self.signalFull(queue.length >= capacity)
}

function dropAll(self: QueueSelf): void {
  const { queue } = self.state
  for (let p = queue.shift(); p !== null; p = queue.shift()) self.kill(p)
  self.signalFull(queue.capacity === 0)
}
