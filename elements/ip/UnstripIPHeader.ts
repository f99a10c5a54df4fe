/*
=c

UnstripIPHeader()

=s ip

restores outermost IP header

=d

Puts an IP header that StripIPHeader took off back in front of the packet. Packets that have their IP
header, or no IP header annotation, pass unchanged.

=a StripIPHeader, Unstrip, CheckIPHeader, MarkIPHeader
*/

import { element } from '../../dataplane/element.ts'

export default element({
  name: 'UnstripIPHeader',
  ports: '1/1',
  config: {},

  action(_self, p) {
    if (p.net >= 0 && p.net < p.off) p.off = p.net
    return p
  },
})
