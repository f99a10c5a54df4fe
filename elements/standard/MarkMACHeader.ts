/*
=c

MarkMACHeader([OFFSET, LENGTH])

=s ip

says where the link header is

=d

Sets the link header annotation to OFFSET bytes into the packet, 0 by default. Where LENGTH is
given and not 0, the link header has that many bytes: the network header annotation is set to the
byte behind it.

=over 8

=item OFFSET

Unsigned integer. Default is 0.

=item LENGTH

Unsigned integer. Default is 0: the network header annotation stays as it is.

=back

=e

  ... -> MarkMACHeader(0, 14) -> StripToNetworkHeader -> ...

=a MarkIPHeader, StripToNetworkHeader
*/

import { arg, element } from '../../dataplane/element.ts'

export default element({
  name: 'MarkMACHeader',
  reconfigures: true,
  ports: '1/1',

  config: {
    OFFSET: arg.count(0).at(),
    LENGTH: arg.count(0).at(),
  },

  action(self, p) {
    const { OFFSET, LENGTH } = self.config
    const mac = p.off + OFFSET
    p.mac = mac
    if (LENGTH > 0) p.net = mac + LENGTH
    return p
  },
})
