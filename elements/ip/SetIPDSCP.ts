/*
=c

SetIPDSCP(DSCP)

=s ip

sets IP packets' DSCP fields

=d

Sets the Differentiated Services Code Point, the upper six bits of the TOS byte, of each packet to
DSCP, and updates the IP checksum. The IP header annotation must be set; packets without pass
unchanged.

=over 8

=item DSCP

Integer from 0 to 63.

=back

=h dscp read/write

Returns or sets DSCP. What is set holds on this replica; a new one starts as configured.

=a SetIPECN, MarkIPCE
*/

import { arg, type ErrorContext, element } from '../../dataplane/element.ts'
import { parseU32 } from '../../lib/click/args.ts'
import { hasIp, setTosBits } from '../lib/ip-header.ts'
import { SETTINGS, toValue } from '../lib/settings.ts'

export default element({
  name: 'SetIPDSCP',
  reconfigures: true,
  ports: '1/1',
  config: { DSCP: arg.text().at().must() },
  local: SETTINGS,

  configure(config, context) {
    return { bits: bitsOf(config.DSCP, context) }
  },

  open(self): { text: string; bits: number } {
    return { text: self.config.DSCP, bits: self.plan.bits }
  },

  action(self, p) {
    if (hasIp(p)) setTosBits(p.mem, p.net, 0xfc, self.resource.bits)
    return p
  },

  handlers: {
    dscp: {
      read: (self) => self.resource.text,
      write(self, value) {
        const text = value.trim()
        self.resource.bits = toValue((errors) => bitsOf(text, errors))
        self.resource.text = text
      },
    },
  },
})

function bitsOf(text: string, errors: ErrorContext): number {
  const dscp = parseU32(text)
  if (dscp === null) errors.error(`DSCP: invalid number`)
  else if (dscp > 63) errors.error('diffserv code point out of range')
  return (dscp ?? 0) << 2
}
