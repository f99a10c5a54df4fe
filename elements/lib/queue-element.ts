// The queues. They differ in what happens when no more fits, and in whether sources hear of it.

import { type PacketFifo, packets } from '../../dataplane/declare.ts'
import { type AnyElement, arg, element, type PushFn } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { queueHandlers } from './queue-handlers.ts'

interface Me {
  readonly name: string
  readonly className: string
  readonly noutputs: number
  readonly out: readonly PushFn[]
  readonly counters: { drops: number; highwater_length: number }
  readonly state: { readonly queue: PacketFifo }
  readonly router: { print(line: string): void }
  kill(p: Packet): void
  notify(): void
}

const PARTS = {
  processing: 'h/lh',
  storage: 'queue',
  notesEmpty: true,
  config: { CAPACITY: arg.count(1000).at() },
  counters: {
    drops: 'packets dropped because the queue was full',
    highwater_length: 'largest length since the last reset',
  },
  state: { queue: packets({ capacity: 'CAPACITY' }) },
} as const

/** First in, first out; a packet that does not fit is dropped. */
export function queueElement(name: string, notesFull: boolean): AnyElement {
  return element({
    name,
    reconfigures: true,
    ports: '1/1-2',
    ...PARTS,
    notesFull,

    push(self, _port, p) {
      const { queue } = self.state
      if (!queue.push(p)) {
        overflow(self, p)
        return
      }
      came(self)
      if (queue.length >= queue.capacity) self.signalFull(true)
    },

    pull(self) {
      const { queue } = self.state
      const p = queue.shift()
      if (p === null) self.signalEmpty()
      else if (queue.length === queue.capacity - 1) self.signalFull(false)
      return p
    },

    handlers: queueHandlers,
  })
}

/** First in, first out; the oldest packet goes where one more does not fit. */
export function frontDropQueue(name: string): AnyElement {
  return element({
    name,
    reconfigures: true,
    ports: '1/1-2',
    ...PARTS,

    push(self, _port, p) {
      const { queue } = self.state
      const oldest = queue.length >= queue.capacity ? (queue.shift() ?? p) : null
      if (oldest !== null) overflow(self, oldest)
      if (oldest === p) return
      queue.push(p)
      came(self)
    },

    pull(self) {
      const p = self.state.queue.shift()
      if (p === null) self.signalEmpty()
      return p
    },

    handlers: queueHandlers,
  })
}

/** Input 1 puts in front, and what no longer fits at the end goes. */
export function mixedQueue(name: string): AnyElement {
  return element({
    name,
    reconfigures: true,
    ports: '2/1-2',
    ...PARTS,

    push(self, port, p) {
      const { queue } = self.state
      const full = queue.length >= queue.capacity
      const lost = full && port === 1 ? (takeLast(queue) ?? p) : null
      if (lost !== p && !(port === 1 ? queue.unshift(p) : queue.push(p))) {
        overflow(self, p)
        return
      }
      if (lost !== p) came(self)
      if (lost !== null) overflow(self, lost)
    },

    pull(self) {
      const p = self.state.queue.shift()
      if (p === null) self.signalEmpty()
      return p
    },

    handlers: queueHandlers,
  })
}

/** After a packet has come in. */
function came(self: Me): void {
  const { length } = self.state.queue
  if (length > self.counters.highwater_length) self.counters.highwater_length = length
  if (length === 1) self.notify()
}

function overflow(self: Me, p: Packet): void {
  if (self.counters.drops === 0 && self.state.queue.capacity > 0)
    self.router.print(`${self.name} :: ${self.className}: overflow`)
  self.counters.drops++
  if (self.noutputs > 1) self.out[1]!(p)
  else self.kill(p)
}

/** Rotates the queue once: the last that comes is kept out. Only full queues pay for that. */
function takeLast(queue: PacketFifo): Packet | null {
  for (let k = queue.length - 1; k > 0; k--) queue.push(queue.shift()!)
  return queue.shift()
}
