/*
=c

IPInputCombo(COLOR [, OLDBADSRC, I<keywords> INTERFACES, BADSRC, GOODDST])

=s ip

input combo for IP routing

=d

Does in one element what this does:

  input -> Paint(COLOR) -> Strip(14) -> CheckIPHeader(OLDBADSRC) -> output;

Packets with a bad IP header are dropped, the first with a message.

=over 8

=item COLOR

Integer from 0 to 255: the paint annotation.

=item OLDBADSRC

Space-separated IP addresses: bad source addresses. 0.0.0.0 and 255.255.255.255 are then bad too.

=item INTERFACES

Space-separated addresses with prefix; see CheckIPHeader.

=item BADSRC

Space-separated addresses. Packets from these are bad, unless GOODDST exempts them.

=item GOODDST

Space-separated addresses. Packets to these may come from any source.

=back

=h drops read-only

Returns the number of bad packets.

=a IPOutputCombo, CheckIPHeader, Paint, Strip
*/

import { arg, element } from '../../dataplane/element.ts'
import { acceptIp, ipHeaderProblem, SOURCE_KEYWORDS, sourceRules } from '../lib/check-ip.ts'
import { parseIpList } from '../lib/text.ts'

const LINK_HEADER = 14

export default element({
  name: 'IPInputCombo',
  ports: '1/1',
  config: { COLOR: arg.u8().at().must(), OLDBADSRC: arg.text('').at(), ...SOURCE_KEYWORDS },
  counters: { drops: 'packets with a bad IP header' },

  configure(config, context) {
    const given = config.OLDBADSRC !== ''
    const old = given ? parseIpList(config.OLDBADSRC, context.addresses) : null
    if (given && old === null) context.error('BADSRC: not a list of IP addresses')
    return sourceRules(config, old, context)
  },

  action(self, p) {
    p.paint = self.config.COLOR
    const n = p.off + LINK_HEADER
    if (ipHeaderProblem(p, n, true, self.plan) !== null) {
      if (self.counters.drops === 0) self.router.print('IP checksum failed')
      self.counters.drops++
      return null
    }
    p.off = n
    acceptIp(p, n)
    return p
  },
})
