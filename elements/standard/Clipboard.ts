/*
=c

Clipboard(RANGE_1, ..., RANGE_I<n>)

=s basicmod

copies bytes from one packet to others

=d

Each RANGE is C<OFFSET/LENGTH>, in bytes. Packets from input 0 go on by output 0 unchanged; the
bytes of the ranges are copied off them. Packets from input 1 go on by output 1, with the bytes of
the ranges written over by those copied last. Either pair of ports may be pushed or pulled.

Bytes that have never been copied are 0. Ranges beyond a packet's end are left alone. What was copied
last is state, and moves.

=e

  c :: Clipboard(12/8);
  from -> [0] c [0] -> ...
  to -> [1] c [1] -> ...

=a StoreData, Strip, Unstrip
*/

import { table } from '../../dataplane/declare.ts'
import { type ConfigureContext, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { parseInteger } from '../../lib/click/args.ts'

interface Range {
  readonly offset: number
  readonly length: number
  /** Row of its first byte. */
  readonly row: number
}

interface Plan {
  readonly ranges: readonly Range[]
  readonly bytes: number
}

export default element({
  name: 'Clipboard',
  reconfigures: true,
  ports: '2/2',
  processing: 'a/a',
  flow: '#/#',
  config: 'raw',

  state: {
    // A row a byte: ranges are of any length and number, and few bytes long.
    copied: table({
      version: 1,
      scope: 'shared',
      merge: 'last_writer',
      key: { at: 'u32' },
      row: { byte: 'u8' },
      capacity: 'bytes',
    }),
  },

  configure(_config, context): Plan {
    const ranges: Range[] = []
    let bytes = 0
    for (const [i, text] of context.args.entries()) {
      const range = parseRange(text, i, bytes, context)
      ranges.push(range)
      bytes += range.length
    }
    // A table holds a row at least.
    return { ranges, bytes: Math.max(1, bytes) }
  },

  push(self, port, p) {
    if (port === 0) copy(self, p)
    else paste(self, p)
    self.out[port]!(p)
  },

  pull(self, port) {
    const p = self.in[port]!()
    if (p === null) return null
    if (port === 0) copy(self, p)
    else paste(self, p)
    return p
  },
})

function parseRange(text: string, i: number, row: number, context: ConfigureContext): Range {
  const slash = text.indexOf('/')
  const offset = parseInteger(text.slice(0, Math.max(slash, 0)).trim())
  const length = parseInteger(text.slice(slash + 1).trim())
  if (slash < 0) context.error(`range ${i}: expected '/' between offset and length`)
  else if (offset === null || offset < 0 || length === null || length < 0)
    context.error(`range ${i}: invalid offset or length`)
  else return { offset, length, row }
  return { offset: 0, length: 0, row }
}

interface Me {
  readonly plan: Plan
  readonly state: {
    readonly copied: {
      get(at: number): { byte: number } | null
      insert(bucket: number, at: number): { byte: number } | null
    }
  }
}

function copy(self: Me, p: Packet): void {
  const { copied } = self.state
  for (const { offset, length, row } of self.plan.ranges) {
    const from = p.off + offset
    const n = Math.min(length, p.end - from)
    for (let k = 0; k < n; k++) {
      const one = copied.insert(-1, row + k)
      if (one !== null) one.byte = p.mem[from + k]!
    }
  }
}

function paste(self: Me, p: Packet): void {
  const { copied } = self.state
  for (const { offset, length, row } of self.plan.ranges) {
    const to = p.off + offset
    const n = Math.min(length, p.end - to)
    for (let k = 0; k < n; k++) p.mem[to + k] = copied.get(row + k)?.byte ?? 0
  }
}
