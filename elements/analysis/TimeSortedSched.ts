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

import { cell, packets } from '../../dataplane/declare.ts'
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
    order: cell({
      version: 1,
      scope: 'local',
      reason: 'what this replica has given so far',
      row: { last_us: 'f64', disordered: 'u8', given: 'u8' },
    }),
  },

  local: 'which input a held packet came by matters only until the next pull of it',

  configure(config, context) {
    if (config.BUFFER < 1) context.error('BUFFER: must be at least 1')
    return { CAPACITY: Math.max(1, config.BUFFER * context.ninputs) }
  },

  open(): { readonly inputs: number[] } {
    return { inputs: [] }
  },

  pull(self) {
    const { held, order } = self.state
    const { inputs } = self.resource
    while (inputs.length > held.length) inputs.pop()
    for (let input = 0; input < self.ninputs; input++) {
      let n = inputs.filter((one) => one === input).length
      for (; n < self.config.BUFFER; n++) {
        const p = self.in[input]!()
        if (p === null) break
        held.push(p)
        inputs.push(input)
      }
    }
    const p = takeEarliest(held, inputs)
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
  extract(visit: (p: Packet) => boolean): void
}

/** Ties go to the lowest input, then to the one that came first. */
function takeEarliest(held: Held, inputs: number[]): Packet | null {
  let at = -1
  let index = 0
  let earliest: Packet | null = null
  held.extract((p) => {
    const better =
      earliest === null ||
      p.timeUs < earliest.timeUs ||
      (p.timeUs === earliest.timeUs && (inputs[index] ?? 0) < (inputs[at] ?? 0))
    if (better) {
      earliest = p
      at = index
    }
    index++
    return false
  })
  if (earliest === null) return null
  held.extract((p) => p === earliest)
  inputs.splice(at, 1)
  return earliest
}
