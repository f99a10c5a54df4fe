/*
=c

GetIPAddress(OFFSET [, ANNO, I<keyword> IP])

=s ip

sets destination IP address annotation from packet data

=d

Copies four bytes of the packet, from OFFSET, to the destination IP address annotation. OFFSET is
usually 16, where an IP packet has its destination address. A packet that is too short for it is
left as it is.

Keyword arguments are:

=over 8

=item OFFSET

Unsigned integer. Needed unless IP is given.

=item ANNO

Annotation that is set in place of the destination address annotation: a name or an offset.

=item IP

'src' or 'dst': that address of the IP header, wherever it is; the IP header annotation must be set.

=back

=a SetIPAddress, RadixIPLookup, ARPQuerier
*/

import { arg, element } from '../../dataplane/element.ts'
import { addressAnno, setAddressAnno } from '../lib/annotation.ts'
import { readIp } from '../lib/arp.ts'

export default element({
  name: 'GetIPAddress',
  ports: '1/1',
  config: {
    OFFSET: arg.count(-1).at(),
    ANNO: arg.anno('DST_IP').at(),
    IP: arg.string(''),
  },

  configure(config, context) {
    const { OFFSET, IP } = config
    if (IP !== '' && IP !== 'src' && IP !== 'dst') context.error(`IP: '${IP}' is not src or dst`)
    if (OFFSET < 0 && IP === '') context.error('OFFSET: required argument missing')
    if (OFFSET >= 0 && IP !== '') context.error('give OFFSET or IP, not both')
    return {
      /** From the IP header, or (negative) from the packet's start. */
      header: IP === '' ? -1 : IP === 'src' ? 12 : 16,
      anno: addressAnno(config.ANNO, context),
    }
  },

  action(self, p) {
    const { header, anno } = self.plan
    if (header >= 0 && p.net < 0) return p
    const at = header < 0 ? p.off + self.config.OFFSET : p.net + header
    if (at + 4 > p.end) return p
    const addr = readIp(p.mem, at)
    if (anno === 0) p.dst = addr
    else setAddressAnno(p, anno, addr)
    return p
  },
})
