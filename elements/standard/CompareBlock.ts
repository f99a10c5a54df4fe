/*
=c

CompareBlock(FWD_WEIGHT, REV_WEIGHT, THRESH)

=s shaping

splits off packets of flows whose two directions do not match

=d

Looks at the forward and reverse rate annotations, which IPRateMonitor sets. Where either is more
than THRESH, and the forward rate times FWD_WEIGHT is more than the reverse rate times REV_WEIGHT, a
packet goes to output 1; else to output 0.

=over 8

=item FWD_WEIGHT

Integer.

=item REV_WEIGHT

Integer.

=item THRESH

Integer.

=back

=h fwd_weight read/write

Returns or sets the FWD_WEIGHT parameter.

=h rev_weight read/write

Returns or sets the REV_WEIGHT parameter.

=h thresh read/write

Returns or sets the THRESH parameter.

=e

  ... -> b :: CompareBlock(5, 2, 100);
  b [0] -> ...
  b [1] -> Discard;

=a Block
*/

import { arg, element } from '../../dataplane/element.ts'
import { parseAnnotation } from '../../lib/click/args.ts'
import { annoInt } from '../lib/anno-words.ts'
import { SETTINGS, toInteger } from '../lib/settings.ts'

const FWD_RATE = parseAnnotation('FWD_RATE')!.offset
const REV_RATE = parseAnnotation('REV_RATE')!.offset

interface Settings {
  fwd_weight: number
  rev_weight: number
  thresh: number
}

export default element({
  name: 'CompareBlock',
  ports: '1/2',
  processing: 'h/h',

  config: {
    FWD_WEIGHT: arg.int().at().must(),
    REV_WEIGHT: arg.int().at().must(),
    THRESH: arg.int().at().must(),
  },

  local: SETTINGS,

  open(self): Settings {
    const { FWD_WEIGHT, REV_WEIGHT, THRESH } = self.config
    return { fwd_weight: FWD_WEIGHT, rev_weight: REV_WEIGHT, thresh: THRESH }
  },

  route(self, p) {
    const { fwd_weight, rev_weight, thresh } = self.resource
    const forward = annoInt(p, FWD_RATE)
    const reverse = annoInt(p, REV_RATE)
    const fast = forward > thresh || reverse > thresh
    return fast && fwd_weight * forward > rev_weight * reverse ? 1 : 0
  },

  handlers: {
    fwd_weight: setting('fwd_weight'),
    rev_weight: setting('rev_weight'),
    thresh: setting('thresh'),
  },
})

function setting(name: keyof Settings) {
  return {
    read: (self: { readonly resource: Settings }) => String(self.resource[name]),
    write(self: { readonly resource: Settings }, value: string) {
      self.resource[name] = toInteger(value, -Infinity, `${name}: invalid number`)
    },
  }
}
