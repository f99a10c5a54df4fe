/*
=c

SetEtherAddress(ADDR, ANNO)

=s ethernet

sets Ethernet address annotations

=d

Sets the annotation ANNO of each packet to the Ethernet address ADDR.

=over 8

=item ADDR

Ethernet address.

=item ANNO

Annotation of at least 6 bytes, or the offset of one.

=back

=h addr read/write

Returns or sets the ADDR parameter.

=a StoreEtherAddress, GetEtherAddress
*/

import { arg, element } from '../../dataplane/element.ts'
import { annoOf, setAnnoBytes } from '../lib/anno-bytes.ts'
import { etherHandler } from '../lib/ether-header.ts'
import { SETTINGS } from '../lib/settings.ts'

interface Me {
  readonly resource: Uint8Array
}

export default element({
  name: 'SetEtherAddress',
  ports: '1/1',
  config: { ADDR: arg.eth().at().must(), ANNO: arg.text().at().must() },
  local: SETTINGS,
  reconfigures: true,

  configure: (config, context) => ({ anno: annoOf(config.ANNO, 6, context) }),

  open: (self): Uint8Array => self.config.ADDR.slice(),

  action(self, p) {
    setAnnoBytes(p, self.plan.anno, 6, self.resource, 0)
    return p
  },

  handlers: { addr: etherHandler<Me>((self) => self.resource, 0) },
})
