/*
=c

SetIPAddress(ADDR [, ANNO])

=s ip

sets destination IP address annotations

=d

Sets the destination IP address annotation of each packet to ADDR.

=over 8

=item ADDR

IP address.

=item ANNO

Annotation that is set in place of the destination address annotation: a name or an offset.

=back

=h addr read/write

Returns or sets ADDR. What is set holds on this replica; a new one starts as configured.

=a GetIPAddress, RadixIPLookup
*/

import { cell } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import { parseIp } from '../../lib/click/args.ts'
import { addressAnno, setAddressAnno } from '../lib/annotation.ts'
import { ipText } from '../lib/text.ts'

export default element({
  name: 'SetIPAddress',
  reconfigures: true,
  ports: '1/1',
  config: { ADDR: arg.ip().at().must(), ANNO: arg.anno('DST_IP').at() },
  state: {
    setting: cell({
      version: 1,
      scope: 'local',
      reason: 'the configured address; a write to the handler is made to one replica',
      row: { addr: 'i32' },
    }),
  },

  configure: (config, context) => ({ anno: addressAnno(config.ANNO, context) }),

  initialize(self) {
    self.state.setting.addr = self.config.ADDR
  },

  action(self, p) {
    const anno = self.plan.anno
    if (anno === 0) p.dst = self.state.setting.addr
    else setAddressAnno(p, anno, self.state.setting.addr)
    return p
  },

  handlers: {
    addr: {
      read: (self) => ipText(self.state.setting.addr),
      write(self, value) {
        const addr = parseIp(value.trim())
        if (addr === null) throw new Error(`'${value}' is not an IP address`)
        self.state.setting.addr = addr
      },
    },
  },
})
