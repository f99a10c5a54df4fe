/*
=c

ComparePackets([I<keyword> TIMESTAMP])

=s test

compares packets in pairs

=d

Pulls a packet from each input when an output is pulled, and compares them: length, bytes, place of the
network header, and time annotation. The packet of input 0 is given to who pulled from output 0, that of
input 1 to output 1; the other of the pair waits for its own output. Packets that wait are state, and
move.

=over 8

=item TIMESTAMP

Boolean. If false, times are not compared. Default is true.

=back

=h diffs read-only

Returns the number of pairs that differed.

=h diff_details read-only

Returns the numbers by kind of difference. Those of pairs are handlers too: C<length>, C<data>,
C<timestamp>, C<network_offset>, C<network_length> and C<network>.

=h all_same read-only

Returns true where no pair has differed.

=e

  a -> [0] c :: ComparePackets [0] -> ...; b -> [1] c [1] -> ...

=a CheckPacket
*/

import { packets } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'

const DIFFERENCES = {
  length: 'different length',
  data: 'different data',
  timestamp: 'different timestamp',
  network_offset: 'different network header offset',
  network_length: 'different network header length',
  network: 'different network header presence',
} as const

type Difference = keyof typeof DIFFERENCES

/** Packets of one input that the other input's have not come for. */
const WAITING = 8192

export default element({
  name: 'ComparePackets',
  ports: '2/2',
  processing: 'l/l',
  flow: '#/#',

  config: { TIMESTAMP: arg.bool(true) },

  counters: { diffs: 'pairs that differed', ...DIFFERENCES },

  state: {
    /** Compared, and not yet pulled from their outputs. */
    out0: packets({ capacity: WAITING }),
    out1: packets({ capacity: WAITING }),
    /** Pulled, with nothing to compare with yet. */
    alone0: packets({ capacity: WAITING }),
    alone1: packets({ capacity: WAITING }),
  },

  pull(self, port) {
    const { out0, out1, alone0, alone1 } = self.state
    const mine = port === 0 ? out0 : out1
    const p = mine.shift()
    if (p !== null) return p
    const a = alone0.shift() ?? self.in[0]!()
    const b = alone1.shift() ?? self.in[1]!()
    if (a === null && b === null) return null
    if (a === null || b === null) {
      if (a !== null) alone0.unshift(a)
      if (b !== null) alone1.unshift(b)
      return null
    }
    compare(self, a, b)
    const other = port === 0 ? b : a
    if ((port === 0 ? out1 : out0).push(other)) self.notify()
    else self.kill(other)
    return port === 0 ? a : b
  },

  handlers: {
    diff_details: {
      read(self) {
        const pairs = Object.entries(DIFFERENCES).map(
          ([name, text]) => `${self.counters[name as Difference]}\t${text}\n`,
        )
        const { alone0, alone1 } = self.state
        const more = [alone0, alone1].map((q, i) => `${q.length}\tmore packets in [${i}]\n`)
        return [...pairs, ...more].join('')
      },
    },
    all_same: { read: (self) => String(self.counters.diffs === 0) },
  },
})

interface Me {
  readonly config: { readonly TIMESTAMP: boolean }
  readonly counters: Record<Difference | 'diffs', number>
}

function compare(self: Me, a: Packet, b: Packet): void {
  const found: Difference[] = []
  if (a.length !== b.length) found.push('length')
  if (!sameBytes(a, b)) found.push('data')
  if (self.config.TIMESTAMP && a.timeUs !== b.timeUs) found.push('timestamp')
  if (a.net >= 0 !== b.net >= 0) found.push('network')
  else if (a.net >= 0) {
    if (a.net - a.off !== b.net - b.off) found.push('network_offset')
    if (headerLength(a) !== headerLength(b)) found.push('network_length')
  }
  for (const one of found) self.counters[one]++
  if (found.length > 0) self.counters.diffs++
}

function headerLength(p: Packet): number {
  return p.transport < 0 ? -1 : p.transport - p.net
}

function sameBytes(a: Packet, b: Packet): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a.mem[a.off + i] !== b.mem[b.off + i]) return false
  return true
}
