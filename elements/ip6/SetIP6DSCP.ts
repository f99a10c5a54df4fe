/*
=c

SetIP6DSCP(DSCP)

=s ip6

sets IP6 packets' DSCP fields

=d

Sets the Differentiated Services code point of IPv6 packets, the upper 6 bits of the traffic class.
The network header annotation must be set.

=over 8

=item DSCP

Integer from 0 to 63.

=back

=h dscp read/write

Returns or sets the DSCP parameter.

=a SetIPDSCP
*/

import { arg, element } from '../../dataplane/element.ts'
import { parseU32 } from '../../lib/click/args.ts'
import { hasIp6 } from '../lib/ip6.ts'
import { SETTINGS } from '../lib/settings.ts'

const DSCP_MAX = 63
const WRONG = 'diffserv code point out of range'

export default element({
  name: 'SetIP6DSCP',
  ports: '1/1',
  config: { DSCP: arg.u32().at().must() },
  local: SETTINGS,
  reconfigures: true,

  configure(config, context) {
    if (config.DSCP > DSCP_MAX) context.error(WRONG)
    return null
  },

  open: (self): { dscp: number } => ({ dscp: self.config.DSCP }),

  action(self, p) {
    if (!hasIp6(p)) return p
    const m = p.mem
    const n = p.net
    const { dscp } = self.resource
    m[n] = (m[n]! & 0xf0) | (dscp >> 2)
    m[n + 1] = (m[n + 1]! & 0x3f) | ((dscp & 3) << 6)
    return p
  },

  handlers: {
    dscp: {
      read: (self) => String(self.resource.dscp),
      write(self, value) {
        const dscp = parseU32(value.trim())
        if (dscp === null || dscp > DSCP_MAX) throw new Error(WRONG)
        self.resource.dscp = dscp
      },
    },
  },
})
