/*
=c

StoreEtherAddress(ADDR, OFFSET [, I<keywords> ANNO])

=s ethernet

stores Ethernet address in packets

=d

Writes an Ethernet address into each packet at OFFSET: ADDR, or that of the annotation ANNO. A packet
that is too short goes to output 1 where it is connected, and is dropped otherwise.

=over 8

=item ADDR

Ethernet address.

=item OFFSET

Unsigned integer, or 'src' (6) or 'dst' (0): where an Ethernet header has its addresses.

=item ANNO

Annotation of at least 6 bytes, or the offset of one. In place of ADDR.

=back

=h addr read/write

Returns or sets the ADDR parameter.

=a SetEtherAddress, GetEtherAddress, EtherEncap
*/

import { arg, DROP, element } from '../../dataplane/element.ts'
import { annoBytes, annoOf } from '../lib/anno-bytes.ts'
import { copyEth } from '../lib/arp.ts'
import { etherHandler, etherOffset } from '../lib/ether-header.ts'
import { SETTINGS } from '../lib/settings.ts'

interface Me {
  readonly resource: Uint8Array
}

const NONE = new Uint8Array(0)

export default element({
  name: 'StoreEtherAddress',
  ports: '1/1-2',
  processing: 'a/ah',
  config: { ADDR: arg.eth(NONE).at(), OFFSET: arg.string().at().must(), ANNO: arg.text('') },
  local: SETTINGS,
  reconfigures: true,

  configure(config, context) {
    const useAnno = config.ANNO !== ''
    if (config.ADDR.length > 0 === useAnno) context.error('must specify exactly one of ADDR/ANNO')
    return {
      useAnno,
      anno: useAnno ? annoOf(config.ANNO, 6, context) : 0,
      offset: etherOffset(config.OFFSET ?? '', context),
    }
  },

  open(self): Uint8Array {
    const address = new Uint8Array(6)
    address.set(self.config.ADDR)
    return address
  },

  route(self, p) {
    const { useAnno, anno, offset } = self.plan
    if (offset + 6 > p.end - p.off) return self.noutputs > 1 ? 1 : DROP
    if (useAnno) annoBytes(p, anno, 6, p.mem, p.off + offset)
    else copyEth(p.mem, p.off + offset, self.resource, 0)
    return 0
  },

  handlers: { addr: etherHandler<Me>((self) => self.resource, 0) },
})
