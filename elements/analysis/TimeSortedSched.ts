/*
=c

TimeSortedSched([I<keywords> STOP, BUFFER])

=s scheduling

merges inputs by their packets' times

=d

Each pull gives the packet with the earliest time annotation of those that the inputs
have; up to BUFFER packets of each input are looked at.

=over 8

=item STOP

Boolean. If true, asks the driver to stop when no input has packets any more. Default
is false.

=item BUFFER

Unsigned. Packets held of each input. Default is 1.

=back

=h well_ordered read-only

Returns whether all packets have left in the order of their times.

=a RoundRobinSched, FromDump
*/

import { cell, packets, table } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'

export default element({
  name: 'TimeSortedSched',
  ports: '-/1',
  processing: 'l/l',

  config: {
    STOP: arg.bool(false),
    BUFFER: arg.count(1),
  },

  state: {
    held: packets({ capacity: 'CAPACITY' }),
    came: table({
      version: 1,
      scope: 'shared',
      merge: 'last_writer',
      key: { place: 'u32' },
      row: { input: 'u32' },
      capacity: 'CAPACITY',
    }),
    order: cell({
      version: 1,
      scope: 'local',
      reason: 'what this replica has given so far',
      row: { last_us: 'f64', disordered: 'u8', given: 'u8' },
    }),
  },

  configure(config, context) {
    if (config.BUFFER < 1) context.error('BUFFER: must be at least 1')
    return { CAPACITY: Math.max(1, config.BUFFER * context.ninputs) }
  },

  pull(self) {
    const { held, came, order } = self.state
    for (let input = 0; input < self.ninputs; input++) {
      let n = heldOf(held.length, came, input)
      for (; n < self.config.BUFFER && held.length < held.capacity; n++) {
        const p = self.in[input]!()
        if (p === null) break
        const row = came.insert(-1, held.length)
        if (row !== null) row.input = input
        held.push(p)
      }
    }
    const p = takeEarliest(held, came)
    if (p === null) {
      if (self.config.STOP && order.given === 1) self.router.stop()
      order.given = 0
      return null
    }
    order.given = 1
    if (p.timeUs < order.last_us) order.disordered = 1
    order.last_us = p.timeUs
    return p
  },

  handlers: {
    well_ordered: { read: (self) => String(self.state.order.disordered === 0) },
  },
})

interface Held {
  readonly length: number
  extract(visit: (p: Packet) => boolean): void
}

/** Inputs of held packets, by their places in the queue. */
interface Came {
  get(place: number): { input: number } | null
  remove(place: number): boolean
}

const inputOf = (came: Came, place: number) => came.get(place)?.input ?? 0

function heldOf(length: number, came: Came, input: number): number {
  let n = 0
  for (let place = 0; place < length; place++) if (inputOf(came, place) === input) n++
  return n
}

/** Ties go to the lowest input, then to the one that came first. */
function takeEarliest(held: Held, came: Came): Packet | null {
  let at = -1
  let from = 0
  let place = 0
  let earliest: Packet | null = null
  held.extract((p) => {
    const input = inputOf(came, place)
    const better =
      earliest === null ||
      p.timeUs < earliest.timeUs ||
      (p.timeUs === earliest.timeUs && input < from)
    if (better) {
      earliest = p
      from = input
      at = place
    }
    place++
    return false
  })
  if (earliest === null) return null
  const last = held.length - 1
  for (let next = at; next < last; next++) {
    const moved = inputOf(came, next + 1)
    const row = came.get(next)
    if (row !== null) row.input = moved
  }
  came.remove(last)
  held.extract((p) => p === earliest)
  return earliest
}
