/*
=c

SetPacketType(TYPE)

=s annotations

sets the packet type annotation

=d

Says how packets came on their link: to this host, to all, to some, to another host, or from here.
TYPE is C<HOST>, C<BROADCAST>, C<MULTICAST>, C<OTHERHOST>, C<OUTGOING> or C<LOOPBACK>.

=e

  ... -> SetPacketType(BROADCAST) -> DropBroadcasts -> ...

=a DropBroadcasts, HostEtherFilter
*/

import { arg, element } from '../../dataplane/element.ts'

/** In the order of Linux's numbers (if_packet.h). */
const TYPES = ['HOST', 'BROADCAST', 'MULTICAST', 'OTHERHOST', 'OUTGOING', 'LOOPBACK']

export default element({
  name: 'SetPacketType',
  reconfigures: true,
  ports: '1/1',

  config: { TYPE: arg.text().at().must() },

  configure(config, context) {
    const type = TYPES.indexOf(config.TYPE.toUpperCase())
    if (type < 0) context.error(`unrecognized packet type '${config.TYPE}'`)
    return { type }
  },

  action(self, p) {
    p.type = self.plan.type
    return p
  },
})
