/*
=c

FixIPSrc(IPADDR)

=s ip

sets IP source address where an annotation asks for it

=d

Sets the source address of packets with a nonzero FIX_IP_SRC annotation to IPADDR, computes their IP
checksum anew, and clears the annotation. Other packets pass unchanged.

The annotation is set by elements such as ICMPError: what they send must come from the address of the
interface that it leaves by, which they do not know.

=over 8

=item IPADDR

IP address.

=back

=a ICMPError, IPOutputCombo
*/

import { arg, element } from '../../dataplane/element.ts'
import { fixSource, wantsSource } from '../lib/fix-source.ts'

export default element({
  name: 'FixIPSrc',
  ports: '1/1',
  config: { IPADDR: arg.ip().at().must() },

  action(self, p) {
    if (wantsSource(p)) fixSource(p, self.config.IPADDR)
    return p
  },
})
