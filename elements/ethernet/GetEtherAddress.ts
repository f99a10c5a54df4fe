/*
=c

GetEtherAddress(ANNO, OFFSET)

=s ethernet

copies an Ethernet address from packets into an annotation

=d

Copies the six bytes at OFFSET of each packet into its annotation ANNO. A packet that is too short
goes to output 1 where it is connected, and is dropped otherwise.

=over 8

=item ANNO

Annotation of at least 6 bytes, or the offset of one.

=item OFFSET

Unsigned integer, or 'src' (6) or 'dst' (0): where an Ethernet header has its addresses.

=back

=a SetEtherAddress, StoreEtherAddress
*/

import { arg, DROP, element } from '../../dataplane/element.ts'
import { annoOf, setAnnoBytes } from '../lib/anno-bytes.ts'
import { etherOffset } from '../lib/ether-header.ts'

export default element({
  name: 'GetEtherAddress',
  ports: '1/1-2',
  processing: 'a/ah',
  config: { ANNO: arg.text().at().must(), OFFSET: arg.string().at().must() },
  reconfigures: true,

  configure: (config, context) => ({
    anno: annoOf(config.ANNO, 6, context),
    offset: etherOffset(config.OFFSET ?? '', context),
  }),

  route(self, p) {
    const { anno, offset } = self.plan
    if (offset + 6 > p.end - p.off) return self.noutputs > 1 ? 1 : DROP
    setAnnoBytes(p, anno, 6, p.mem, p.off + offset)
    return 0
  },
})
