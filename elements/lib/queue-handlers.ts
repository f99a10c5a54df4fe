// Handlers that Queue and SimpleQueue share.

import type { PacketFifo } from '../../dataplane/declare.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { toInteger } from './settings.ts'

interface QueueSelf {
  readonly state: { readonly queue: PacketFifo }
  readonly counters: { drops: number }
  kill(p: Packet): void
  signalFull(full: boolean): void
}

export function setCapacity(self: QueueSelf, value: string): void {
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

export function dropAll(self: QueueSelf): void {
  const { queue } = self.state
  for (let p = queue.shift(); p !== null; p = queue.shift()) self.kill(p)
  self.signalFull(queue.capacity === 0)
}
