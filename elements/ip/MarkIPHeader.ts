/*
=c

MarkIPHeader([OFFSET])

=s ip

sets IP header annotation

=d

Sets the IP header annotation to OFFSET bytes into the packet, and the transport header annotation
behind that header. Checks nothing: CheckIPHeader does.

=over 8

=item OFFSET

Unsigned integer. Default is 0.

=back

=a CheckIPHeader, CheckIPHeader2
*/

import { arg, element } from '../../dataplane/element.ts'

export default element({
  name: 'MarkIPHeader',
  ports: '1/1',
  config: { OFFSET: arg.count(0).at() },

  action(self, p) {
    const n = p.off + self.config.OFFSET
    if (n < p.end) {
      p.net = n
      p.transport = n + ((p.mem[n]! & 15) << 2)
    }
    return p
  },
})
