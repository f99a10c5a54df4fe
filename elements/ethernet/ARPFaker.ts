/*
=c

ARPFaker(DSTIP, DSTETH, SRCIP, SRCETH)

=s arp

sends an ARP reply again and again

=d

Sends an ARP reply to DSTIP at DSTETH that says that SRCIP is at SRCETH: one second after the start,
and every 10 seconds from then on. ARPResponder, which answers when it is asked, is usually what is
wanted.

=over 8

=item DSTIP

IP address.

=item DSTETH

Ethernet address.

=item SRCIP

IP address.

=item SRCETH

Ethernet address.

=back

=e

  ARPFaker(18.26.4.1, 0:e0:2b:b:1a:0, 18.26.4.99, 0:a0:c9:9c:fd:9c) -> ToDevice(eth0);

=a ARPQuerier, ARPResponder
*/

import { arg, element } from '../../dataplane/element.ts'
import { makeReply } from '../lib/arp.ts'

const FIRST_MS = 1_000
const EVERY_MS = 10_000

export default element({
  name: 'ARPFaker',
  ports: '0/1',
  processing: 'h/h',
  source: true,
  config: {
    DSTIP: arg.ip().at().must(),
    DSTETH: arg.eth().at().must(),
    SRCIP: arg.ip().at().must(),
    SRCETH: arg.eth().at().must(),
  },

  initialize(self) {
    self.timerAt(self.router.nowMs + FIRST_MS)
  },

  timer(self) {
    const { DSTIP, DSTETH, SRCIP, SRCETH } = self.config
    const p = makeReply(self.router.pool, DSTETH, DSTIP, SRCETH, SRCIP)
    if (p !== null) self.out[0]!(p)
    self.timerAt(self.router.nowMs + EVERY_MS)
  },
})
