/*
=c

DRRSched([QUANTUM])

=s scheduling

pulls from inputs by deficit round robin

=d

Gives each input that has packets about the same number of bytes, whatever the length of its packets
(Shreedhar and Varghese, 1995). An input may give packets while it has bytes left; when its turn
comes again, it gets QUANTUM bytes more. A packet that was pulled and has to wait for its input's
turn is held: it is state, and moves.

=over 8

=item QUANTUM

Integer, at least 1. Default is 500.

=back

=e

  q0 -> [0] s :: DRRSched(1500) -> ToDevice(eth0);
  q1 -> [1] s;

=a RoundRobinSched, PrioSched, StrideSched
*/

import { cell, packets, table } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { CONNECTIONS_MAX } from '../../lib/limits.ts'

export default element({
  name: 'DRRSched',
  ports: '-/1',
  processing: 'l/l',

  config: { QUANTUM: arg.int(500).at() },

  state: {
    /** At most one packet of each input, in the order of the inputs. */
    heads: packets({ capacity: CONNECTIONS_MAX }),
    inputs: table({
      version: 1,
      scope: 'shared',
      merge: 'last_writer',
      key: { input: 'u32' },
      // held: 1, it has a packet among `heads`.
      row: { deficit: 'f64', held: 'u8' },
      capacity: CONNECTIONS_MAX,
    }),
    turn: cell({
      version: 1,
      scope: 'shared',
      merge: 'last_writer',
      row: { input: 'u32', held: 'u32' },
    }),
  },

  configure(config, context) {
    if (config.QUANTUM <= 0) context.error('bad QUANTUM')
  },

  pull(self) {
    const { heads, turn } = self.state
    // A move that brought packets without their rows, or rows without their packets: the packets go
    // to whoever pulls, and the inputs start anew.
    if (heads.length !== turn.held) return settle(self)
    for (let k = 0; k < self.ninputs; k++) {
      const p = take(self, turn.input < self.ninputs ? turn.input : 0)
      if (p !== null) return p
    }
    // Packets that are held go once their inputs have had more turns.
    if (heads.length > 0) self.notify()
    return null
  },
})

interface Input {
  deficit: number
  held: number
}

interface Me {
  readonly in: readonly (() => Packet | null)[]
  readonly ninputs: number
  readonly config: { readonly QUANTUM: number }
  readonly state: {
    readonly heads: Heads
    readonly inputs: { insert(bucket: number, input: number): Input | null; clear(): void }
    readonly turn: { input: number; held: number }
  }
}

interface Heads {
  readonly length: number
  push(p: Packet): boolean
  shift(): Packet | null
}

/** A packet of the input whose turn it is; null: it has none that may go, and the next is on. */
function take(self: Me, input: number): Packet | null {
  const { turn } = self.state
  const held = rowOf(self, input).held === 1
  const p = held ? takeOut(self, input) : self.in[input]!()
  // Only now: what was pulled may have run elements of its own.
  const row = rowOf(self, input)
  if (p === null) row.deficit = 0
  else if (p.end - p.off <= row.deficit) {
    row.deficit -= p.end - p.off
    return p
  } else putIn(self, input, p)
  turn.input = input + 1 < self.ninputs ? input + 1 : 0
  rowOf(self, turn.input).deficit += self.config.QUANTUM
  return null
}

function rowOf(self: Me, input: number): Input {
  // There is room for as many inputs as can be connected.
  return self.state.inputs.insert(-1, input)!
}

/** How many of the inputs before this one have a packet in `heads`. */
function placeOf(self: Me, input: number): number {
  let place = 0
  for (let i = 0; i < input; i++) place += rowOf(self, i).held
  return place
}

function takeOut(self: Me, input: number): Packet | null {
  const { heads, turn } = self.state
  const place = placeOf(self, input)
  const behind = heads.length - 1 - place
  rotate(heads, place)
  const p = heads.shift()
  rotate(heads, behind)
  rowOf(self, input).held = 0
  turn.held--
  return p
}

function putIn(self: Me, input: number, p: Packet): void {
  const { heads, turn } = self.state
  const place = placeOf(self, input)
  const behind = heads.length - place
  rotate(heads, place)
  heads.push(p)
  rotate(heads, behind)
  rowOf(self, input).held = 1
  turn.held++
}

/** The first n go to the end. */
function rotate(heads: Heads, n: number): void {
  for (let k = 0; k < n; k++) heads.push(heads.shift()!)
}

function settle(self: Me): Packet | null {
  const { heads, inputs, turn } = self.state
  inputs.clear()
  turn.held = 0
  const p = heads.shift()
  // What is left is given out in the same way, until none is.
  return p
}
