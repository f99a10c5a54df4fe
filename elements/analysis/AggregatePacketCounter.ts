/*
=c

AggregatePacketCounter([I<keywords> ANNO])

=s aggregates

counts packets by packet number and aggregate annotation

=d

Counts for each aggregate annotation and each input how often each packet number came.
Packets that came by input I<N> leave by output I<N>. FromCapDump numbers packets.

=over 8

=item ANNO

Name of the annotation with the packet number: C<PACKET_NUMBER>, C<SEQUENCE_NUMBER>,
another annotation of four bytes, or C<NONE>. Default is PACKET_NUMBER.

=back

=h count read-only

Returns the number of packets.

=h received read-only

Takes an aggregate; returns the packet numbers of it that came by any input, one a line.

=h undelivered read-only

Takes an aggregate; returns the packet numbers that came by input 0 and not by input 1.
Needs two inputs.

=h clear write-only

Sets all counts to zero.

=a AggregateCounter, FromCapDump, AggregateIPFlows
*/

import { type Table, table } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { parseAnnotation, parseInteger } from '../../lib/click/args.ts'
import { AGGREGATES_MAX } from '../../lib/limits.ts'
import { aggregateOf, annoInt } from '../lib/anno-words.ts'

const KEY = { aggregate: 'i32', number: 'i32', input: 'u16' } as const
const ROW = { count: 'f64' } as const

interface Me {
  readonly counters: { count: number }
  readonly plan: { readonly offset: number }
  readonly state: { readonly counts: Table<typeof KEY, typeof ROW> }
}

export default element({
  name: 'AggregatePacketCounter',
  ports: '1-/1-',
  flow: '#/#',

  config: { ANNO: arg.text('PACKET_NUMBER') },

  counters: { count: 'packets' },

  state: {
    counts: table({
      version: 1,
      scope: 'shared',
      merge: 'sum',
      key: KEY,
      row: ROW,
      capacity: AGGREGATES_MAX,
    }),
  },

  configure({ ANNO }, context) {
    const anno = ANNO === 'NONE' ? { offset: -1, size: 4 } : parseAnnotation(ANNO)
    if (anno === null || anno.size !== 4) context.error('bad ANNO')
    if (context.ninputs !== context.noutputs)
      context.error(`${context.ninputs} inputs need as many outputs, not ${context.noutputs}`)
    return { offset: anno?.offset ?? -1 }
  },

  push(self, port, p) {
    count(self, port, p)
    self.out[port]!(p)
  },

  pull(self, port) {
    const p = self.in[port]!()
    if (p !== null) count(self, port, p)
    return p
  },

  handlers: {
    received: { read: (self, arg) => numbers(self, arg, () => true) },
    undelivered: {
      read(self, arg) {
        if (self.ninputs < 2) throw new Error('undelivered needs two inputs')
        const { counts } = self.state
        return numbers(self, arg, (aggregate, number, input) => {
          return input === 0 && counts.peek(aggregate, number, 1) === null
        })
      },
    },
    clear: {
      write(self) {
        self.state.counts.clear()
        self.counters.count = 0
      },
    },
  },
})

function count(self: Me, input: number, p: Packet): void {
  const { counts } = self.state
  const { offset } = self.plan
  const aggregate = aggregateOf(p)
  const number = offset < 0 ? 0 : annoInt(p, offset)
  const row =
    counts.get(aggregate, number, input) ?? counts.insert(p.bucket, aggregate, number, input)
  if (row !== null) row.count++
  self.counters.count++
}

function numbers(
  self: Me,
  arg: string,
  wanted: (aggregate: number, number: number, input: number) => boolean,
): string {
  const aggregate = arg.trim() === '' ? 0 : parseInteger(arg.trim())
  if (aggregate === null) throw new Error('argument should be aggregate number')
  const found = new Set<number>()
  self.state.counts.each((row) => {
    if (row.aggregate !== (aggregate | 0)) return
    if (wanted(row.aggregate, row.number, row.input)) found.add(row.number >>> 0)
  })
  return [...found]
    .sort((a, b) => a - b)
    .map((number) => `${number}\n`)
    .join('')
}
