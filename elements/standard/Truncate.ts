/*
=c

Truncate(LENGTH [, I<keyword> EXTRA_ANNO])

=s basicmod

limits packet length

=d

Cuts packets to LENGTH bytes. What is cut off is added to the extra length annotation.

=over 8

=item LENGTH

Unsigned.

=item EXTRA_ANNO

Boolean. If false, the annotation is left alone. Default is true.

=back

=a Pad, Strip
*/

import { arg, element } from '../../dataplane/element.ts'
import { extraLength, setExtraLength } from '../lib/extra-length.ts'

export default element({
  name: 'Truncate',
  reconfigures: true,
  ports: '1/1',

  config: {
    LENGTH: arg.u32().at().must(),
    EXTRA_ANNO: arg.bool(true),
  },

  action(self, p) {
    const { LENGTH, EXTRA_ANNO } = self.config
    const over = p.end - p.off - LENGTH
    if (over <= 0) return p
    p.end -= over
    if (EXTRA_ANNO) setExtraLength(p, extraLength(p) + over)
    return p
  },
})
