/*
=c

StripIP6Header()

=s ip6

strips the IP6 header

=d

Takes everything off a packet's front up to the end of its IPv6 header, which the network header
annotation says. Extension headers stay. A packet without the annotation goes on as it is.

=a CheckIP6Header, MarkIP6Header, Strip
*/

import { element } from '../../dataplane/element.ts'
import { hasIp6, IP6_HEADER } from '../lib/ip6.ts'

export default element({
  name: 'StripIP6Header',
  ports: '1/1',
  config: {},

  action(_self, p) {
    if (hasIp6(p)) p.off = p.net + IP6_HEADER
    return p
  },
})
