/*
=c

RandomBitErrors(P [, KIND, ACTIVE])

=s basicmod

changes bits of packets with some probability

=d

Changes each bit of each packet with probability P. KIND says how: C<flip> (the default) inverts it,
C<set> makes it 1, C<clear> makes it 0.

=over 8

=item P

Real number from 0 to 1.

=item KIND

C<flip>, C<set> or C<clear>.

=item ACTIVE

Boolean. If false, packets pass unchanged. Default is true.

=back

=h p_bit_error read/write

Returns or sets the P parameter.

=h error_kind read/write

Returns or sets the KIND parameter.

=h active read/write

Returns or sets the ACTIVE parameter.

=e

  ... -> SetCRC32 -> RandomBitErrors(0.0001) -> CheckCRC32 -> ...

=a RandomSample
*/

import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { parseReal } from '../../lib/click/args.ts'
import { SETTINGS, toBool } from '../lib/settings.ts'

const KINDS = ['flip', 'set', 'clear'] as const

type Kind = (typeof KINDS)[number]

interface Settings {
  p: number
  kind: Kind
  active: boolean
}

export default element({
  name: 'RandomBitErrors',
  reconfigures: true,
  ports: '1/1',

  config: {
    P: arg.real().at().must(),
    KIND: arg.text('flip').at(),
    ACTIVE: arg.bool(true).at(),
  },

  local: SETTINGS,

  configure(config, context) {
    if (config.P < 0 || config.P > 1) context.error('P must be between 0 and 1')
    const kind = kindOf(config.KIND)
    if (kind === null) context.error(badKind(config.KIND))
    return { kind: kind ?? 'flip' }
  },

  open(self): Settings {
    return { p: self.config.P, kind: self.plan.kind, active: self.config.ACTIVE }
  },

  action(self, p) {
    if (self.resource.active && self.resource.p > 0) damage(self, p)
    return p
  },

  handlers: {
    p_bit_error: {
      read: (self) => String(self.resource.p),
      write(self, value) {
        const p = parseReal(value.trim())
        if (p === null || p < 0 || p > 1) throw new Error('P must be between 0 and 1')
        self.resource.p = p
      },
    },
    error_kind: {
      read: (self) => self.resource.kind,
      write(self, value) {
        const kind = kindOf(value.trim())
        if (kind === null) throw new Error(badKind(value.trim()))
        self.resource.kind = kind
      },
    },
    active: {
      read: (self) => String(self.resource.active),
      write(self, value) {
        self.resource.active = toBool(value)
      },
    },
  },
})

function kindOf(text: string): Kind | null {
  return KINDS.find((kind) => kind === text) ?? null
}

function badKind(text: string): string {
  return `bad action '${text}' (must be 'set', 'clear', or 'flip')`
}

interface Me {
  readonly resource: Settings
  readonly router: { random(): number }
}

/** Goes from one bit that changes to the next: the steps between them are geometric. */
function damage(self: Me, p: Packet): void {
  const { router, resource } = self
  const bits = (p.end - p.off) * 8
  const scale = Math.log(1 - resource.p)
  for (let bit = -1; ; ) {
    const skip = resource.p === 1 ? 0 : Math.floor(Math.log(1 - router.random()) / scale)
    bit += 1 + skip
    if (!(bit < bits)) return
    const at = p.off + (bit >> 3)
    const mask = 1 << (bit & 7)
    const byte = p.mem[at]!
    if (resource.kind === 'flip') p.mem[at] = byte ^ mask
    else p.mem[at] = resource.kind === 'set' ? byte | mask : byte & ~mask
  }
}
