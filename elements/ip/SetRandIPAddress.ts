/*
=c

SetRandIPAddress(PREFIX [, LIMIT])

=s ip

sets destination IP address annotations randomly

=d

Sets the destination IP address annotation of each packet to a random address of PREFIX.

=over 8

=item PREFIX

IP prefix.

=item LIMIT

Unsigned integer. At most so many different addresses are used: they are drawn at the start. Without
it, or if it is 0, each packet gets a new one.

=back

=a SetIPAddress, StoreIPAddress, GetIPAddress
*/

import { arg, element, type RouterServices } from '../../dataplane/element.ts'
import { parseIp, parseIpPrefix } from '../../lib/click/args.ts'
import { RANDOM_ADDRESSES_MAX } from '../../lib/limits.ts'

export default element({
  name: 'SetRandIPAddress',
  ports: '1/1',
  config: { PREFIX: arg.text().at().must(), LIMIT: arg.int(-1).at() },
  local: 'addresses that were drawn: any others do as well',

  configure(config, context) {
    const { PREFIX, LIMIT } = config
    const host = parseIp(PREFIX, context.addresses)
    const net = host === null ? parseIpPrefix(PREFIX, context.addresses) : { addr: host, mask: -1 }
    if (net === null) context.error(`PREFIX: '${PREFIX}' is not an IP prefix`)
    if (LIMIT > RANDOM_ADDRESSES_MAX)
      context.error(`LIMIT: ${LIMIT} is more than ${RANDOM_ADDRESSES_MAX}`)
    const { addr, mask } = net ?? { addr: 0, mask: 0 }
    return { net: addr & mask, hostMask: ~mask }
  },

  open(self): Int32Array {
    const count = Math.min(Math.max(self.config.LIMIT, 0), RANDOM_ADDRESSES_MAX)
    return Int32Array.from({ length: count }, () => draw(self.router, self.plan))
  },

  action(self, p) {
    const drawn = self.resource
    if (drawn.length === 0) p.dst = draw(self.router, self.plan)
    else p.dst = drawn[(self.router.random() * drawn.length) | 0]!
    return p
  },
})

interface Net {
  readonly net: number
  readonly hostMask: number
}

function draw(router: RouterServices, { net, hostMask }: Net): number {
  return net | ((router.random() * 0x1_0000_0000) & hostMask)
}
