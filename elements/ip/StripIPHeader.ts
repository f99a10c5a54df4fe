/*
=c

StripIPHeader()

=s ip

strips outermost IP header

=d

Takes the IP header, and what is in front of it, off each packet. Where the header is and how long,
the annotations say; they stay as they are, so that UnstripIPHeader can put the header back. For the
packet inside of an IP-in-IP packet, a CheckIPHeader or MarkIPHeader must follow. Packets without IP
header annotation pass unchanged.

=a UnstripIPHeader, Strip, CheckIPHeader, MarkIPHeader
*/

import { element } from '../../dataplane/element.ts'
import { hasIp, transportOf } from '../lib/ip-header.ts'

export default element({
  name: 'StripIPHeader',
  ports: '1/1',
  config: {},

  action(_self, p) {
    if (!hasIp(p)) return p
    const t = transportOf(p)
    if (t > p.off && t <= p.end) p.off = t
    return p
  },
})
