/*
=c

SetIPECN(ECN)

=s ip

sets IP packets' ECN fields

=d

Sets the Explicit Congestion Notification field, the lower two bits of the TOS byte, of each packet
to ECN, and updates the IP checksum. The IP header annotation must be set; packets without pass
unchanged.

=over 8

=item ECN

A number from 0 to 3, or its name: 'no' or '-' for 0, 'ect1' or 'ECT(1)' for 1, 'ect2' or 'ECT(0)'
for 2, 'ce' or 'CE' for 3.

=back

=h ecn read/write

Returns or sets ECN. What is set holds on this replica; a new one starts as configured.

=a SetIPDSCP, MarkIPCE
*/

import { arg, type ErrorContext, element } from '../../dataplane/element.ts'
import { hasIp, setTosBits } from '../lib/ip-header.ts'
import { SETTINGS, toValue } from '../lib/settings.ts'

const NAMES: readonly (readonly string[])[] = [
  ['0', 'no', '-'],
  ['1', 'ect1', 'ECT(1)'],
  ['2', 'ect2', 'ECT(0)'],
  ['3', 'ce', 'CE'],
]

export default element({
  name: 'SetIPECN',
  reconfigures: true,
  ports: '1/1',
  config: { ECN: arg.text().at().must() },
  local: SETTINGS,

  configure(config, context) {
    return { bits: bitsOf(config.ECN, context) }
  },

  open(self): { text: string; bits: number } {
    return { text: self.config.ECN, bits: self.plan.bits }
  },

  action(self, p) {
    if (hasIp(p)) setTosBits(p.mem, p.net, 3, self.resource.bits)
    return p
  },

  handlers: {
    ecn: {
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
  const bits = NAMES.findIndex((names) => names.includes(text))
  if (bits < 0) errors.error('bad ECN argument')
  return Math.max(bits, 0)
}
