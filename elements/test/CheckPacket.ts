/*
=c

CheckPacket([I<keywords>])

=s test

compares packets with what they should be

=d

Compares each packet with what its keywords say. One that differs is reported and dropped; others go on.
What no keyword speaks of is not looked at.

=over 8

=item DATA

String. The packet's bytes from DATA_OFFSET on, to its end.

=item DATA_OFFSET

Unsigned integer. Default is 0.

=item LENGTH

Unsigned integer. The packet's length.

=item LENGTH_GE

Unsigned integer. Its length at least.

=item LENGTH_LE

Unsigned integer. Its length at most. Only one of the three may be given.

=item ALIGNMENT

C<MODULUS OFFSET>. Its first byte lies OFFSET bytes behind a multiple of MODULUS.

=back

=h drops read-only

Returns the number of packets that differed.

=e

  ... -> CheckPacket(LENGTH_GE 14, DATA_OFFSET 12) -> ...

=a ComparePackets, Align
*/

import { arg, type ConfigureContext, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { cpUnquote, parseInteger, splitSpaces } from '../../lib/click/args.ts'

interface Plan {
  readonly data: Uint8Array | null
  readonly alignment: { readonly modulus: number; readonly offset: number } | null
}

export default element({
  name: 'CheckPacket',
  ports: '1/1',

  config: {
    DATA: arg.text(''),
    DATA_OFFSET: arg.count(0),
    LENGTH: arg.int(-1),
    LENGTH_GE: arg.int(-1),
    LENGTH_LE: arg.int(-1),
    ALIGNMENT: arg.text(''),
  },

  counters: { drops: 'packets that differed' },

  configure(config, context): Plan {
    const { LENGTH, LENGTH_GE, LENGTH_LE } = config
    if ([LENGTH, LENGTH_GE, LENGTH_LE].filter((n) => n >= 0).length > 1)
      context.error('specify at most one of LENGTH, LENGTH_GE, and LENGTH_LE')
    const data = config.DATA === '' ? null : cpUnquote(config.DATA)
    return {
      data: data === null ? null : new Uint8Array(Buffer.from(data, 'latin1')),
      alignment: parseAlignment(config.ALIGNMENT, context),
    }
  },

  action(self, p) {
    const found = [...lengthProblems(self, p), ...dataProblems(self, p), ...misplaced(self, p)]
    if (found.length === 0) return p
    for (const text of found) self.router.print(`${self.name} :: ${self.className}: ${text}`)
    self.counters.drops++
    return null
  },
})

function parseAlignment(text: string, context: ConfigureContext): Plan['alignment'] {
  if (text === '') return null
  const [modulus, offset, ...more] = splitSpaces(text).map((word) => parseInteger(word))
  const whole = typeof modulus === 'number' && typeof offset === 'number' && more.length === 0
  if (whole && modulus > 0 && offset >= 0 && offset < modulus) return { modulus, offset }
  context.error("ALIGNMENT: expected 'MODULUS OFFSET'")
  return null
}

interface Me {
  readonly plan: Plan
  readonly config: {
    readonly DATA_OFFSET: number
    readonly LENGTH: number
    readonly LENGTH_GE: number
    readonly LENGTH_LE: number
  }
}

function lengthProblems({ config }: Me, p: Packet): string[] {
  const { LENGTH, LENGTH_GE, LENGTH_LE } = config
  const bad = (what: string) => [`bad length ${p.length} (wanted ${what})`]
  if (LENGTH >= 0 && p.length !== LENGTH) return bad(String(LENGTH))
  if (LENGTH_GE >= 0 && p.length < LENGTH_GE) return bad(`> ${LENGTH_GE - 1}`)
  return LENGTH_LE >= 0 && p.length > LENGTH_LE ? bad(`< ${LENGTH_LE + 1}`) : []
}

function dataProblems({ config, plan }: Me, p: Packet): string[] {
  if (plan.data === null) return []
  const wanted = config.DATA_OFFSET + plan.data.length
  const sizes = `(${p.length} bytes, wanted ${wanted})`
  if (p.length !== wanted) return [`data too ${p.length > wanted ? 'long' : 'short'} ${sizes}`]
  const at = p.off + config.DATA_OFFSET
  const same = plan.data.every((byte, i) => p.mem[at + i] === byte)
  return same ? [] : ['bad data (does not match)']
}

function misplaced({ plan }: Me, p: Packet): string[] {
  if (plan.alignment === null) return []
  const { modulus, offset } = plan.alignment
  const is = p.off % modulus
  if (is === offset) return []
  return [`bad alignment (${modulus}/${is}, expected ${modulus}/${offset})`]
}
