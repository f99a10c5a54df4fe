/*
=c

EtherRewrite(SRC, DST)

=s ethernet

rewrites source and destination Ethernet address

=d

Replaces both addresses in the Ethernet header of each packet; the type stays. Meant for links with
one possible next hop. The header is where the MAC header annotation says, or at the packet's start.

=over 8

=item SRC

Ethernet address.

=item DST

Ethernet address.

=back

=h src read/write

Returns or sets the SRC parameter.

=h dst read/write

Returns or sets the DST parameter.

=e

  ... -> EtherRewrite(1:1:1:1:1:1, 2:2:2:2:2:2) -> ...

=a EtherEncap, ARPQuerier, EnsureEther, StoreEtherAddress
*/

import { arg, element } from '../../dataplane/element.ts'
import { copyEth } from '../lib/arp.ts'
import { etherHandler } from '../lib/ether-header.ts'
import { SETTINGS } from '../lib/settings.ts'

interface Me {
  readonly resource: Uint8Array
}

export default element({
  name: 'EtherRewrite',
  ports: '1/1',
  config: { SRC: arg.eth().at().must(), DST: arg.eth().at().must() },
  local: SETTINGS,
  reconfigures: true,

  /** Destination and source. */
  open(self): Uint8Array {
    const header = new Uint8Array(12)
    header.set(self.config.DST, 0)
    header.set(self.config.SRC, 6)
    return header
  },

  action(self, p) {
    const at = p.mac < 0 ? p.off : p.mac
    if (at + 12 > p.end) return p
    copyEth(p.mem, at, self.resource, 0)
    copyEth(p.mem, at + 6, self.resource, 6)
    return p
  },

  handlers: {
    src: etherHandler<Me>((self) => self.resource, 6),
    dst: etherHandler<Me>((self) => self.resource, 0),
  },
})
