/*
=c

IPOutputCombo(COLOR, IPADDR, MTU)

=s ip

output combo for IP routing

=d

Does in one element what this does:

  input -> DropBroadcasts
    -> p :: PaintTee(COLOR)
    -> g :: IPGWOptions(IPADDR)
    -> FixIPSrc(IPADDR)
    -> d :: DecIPTTL
    -> l :: CheckLength(MTU)
    -> output;
  p[1] -> [1] output;  g[1] -> [2] output;  d[1] -> [3] output;  l[1] -> [4] output;

It does not fragment: output 4, packets longer than MTU, leads to an IPFragmenter. The IP header
annotation must be set.

=over 8

=item COLOR

Integer from 0 to 255. Copies of packets of that paint go to output 1.

=item IPADDR

IP address of this router on the interface that packets leave by.

=item MTU

Unsigned integer. Longest packet of output 0.

=back

=h drops read-only

Returns the number of packets dropped: link-level broadcasts and multicasts, and packets without IP
header.

=h copies_failed read-only

Returns the number of copies that could not be made: no frame was free.

=a IPInputCombo, DropBroadcasts, PaintTee, IPGWOptions, FixIPSrc, DecIPTTL, IPFragmenter
*/

import { arg, DROP, element } from '../../dataplane/element.ts'
import { PARAM_PROBLEM_OFFSET, setAnnoByte } from '../lib/anno.ts'
import { decrementTtl } from '../lib/dec-ttl.ts'
import { fixSource, wantsSource } from '../lib/fix-source.ts'
import { gatewayOptions, OPTIONS_RIGHT } from '../lib/gateway-options.ts'
import { hasIp } from '../lib/ip-header.ts'

/** Packet types of link-level broadcast and multicast. */
const BROADCAST = 1
const MULTICAST = 2

export default element({
  name: 'IPOutputCombo',
  ports: '1/5',
  processing: 'h/h',
  config: { COLOR: arg.u8().at().must(), IPADDR: arg.ip().at().must(), MTU: arg.u32().at().must() },
  counters: {
    drops: 'link-level broadcasts and multicasts, and packets without IP header',
    copies_failed: 'copies not made, no frame was free',
  },

  configure: (config) => ({ addr: config.IPADDR, addrs: Int32Array.of(config.IPADDR) }),

  route(self, p) {
    if (p.type === BROADCAST || p.type === MULTICAST || !hasIp(p)) {
      self.counters.drops++
      return DROP
    }
    if (p.paint === self.config.COLOR) {
      const copy = self.router.pool.clone(p)
      if (copy === null) self.counters.copies_failed++
      else self.out[1]!(copy)
    }
    if ((p.mem[p.net]! & 15) > 5) {
      const problem = gatewayOptions(p.mem, p.net, p.end, self.plan, self.router.nowUs)
      if (problem !== OPTIONS_RIGHT) {
        setAnnoByte(p, PARAM_PROBLEM_OFFSET, problem)
        return 2
      }
    }
    if (wantsSource(p)) fixSource(p, self.config.IPADDR)
    if (!decrementTtl(p, p.net)) return 3
    return p.end - p.off > self.config.MTU ? 4 : 0
  },
})
