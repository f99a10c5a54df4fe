/*
=c

Block(THRESH)

=s shaping

splits off packets of fast flows

=d

Looks at the forward rate annotation, which IPRateMonitor sets. Packets with at most THRESH go to
output 0, others to output 1. With a THRESH of 0 all go to output 0.

=over 8

=item THRESH

Integer.

=back

=h thresh read/write

Returns or sets the THRESH parameter.

=e

  ... -> IPRateMonitor(PACKETS, 0.5, 256, 600) -> b :: Block(500);
  b [0] -> ...
  b [1] -> Discard;

=a CompareBlock
*/

import { arg, element } from '../../dataplane/element.ts'
import { parseAnnotation } from '../../lib/click/args.ts'
import { annoInt } from '../lib/anno-words.ts'
import { SETTINGS, toInteger } from '../lib/settings.ts'

const FWD_RATE = parseAnnotation('FWD_RATE')!.offset

export default element({
  name: 'Block',
  reconfigures: true,
  ports: '1/2',
  processing: 'h/h',

  config: { THRESH: arg.int().at().must() },

  local: SETTINGS,

  open(self): { thresh: number } {
    return { thresh: self.config.THRESH }
  },

  route(self, p) {
    const { thresh } = self.resource
    return thresh === 0 || annoInt(p, FWD_RATE) <= thresh ? 0 : 1
  },

  handlers: {
    thresh: {
      read: (self) => String(self.resource.thresh),
      write(self, value) {
        self.resource.thresh = toInteger(value, -Infinity, 'THRESH: invalid number')
      },
    },
  },
})
