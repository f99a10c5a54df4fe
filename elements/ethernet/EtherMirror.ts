/*
=c

EtherMirror()

=s ethernet

swaps Ethernet source and destination

=d

Exchanges source and destination address of Ethernet packets. A packet without room for both is
passed as it is.

=a EtherEncap
*/

import { element } from '../../dataplane/element.ts'

export default element({
  name: 'EtherMirror',
  ports: '1/1',
  config: {},

  action(_self, p) {
    const m = p.mem
    const o = p.off
    if (p.end - o < 12) return p
    for (let i = o; i < o + 6; i++) {
      const byte = m[i]!
      m[i] = m[i + 6]!
      m[i + 6] = byte
    }
    return p
  },
})
