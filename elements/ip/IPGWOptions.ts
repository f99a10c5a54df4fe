/*
=c

IPGWOptions(MYADDR [, OTHERADDRS])

=s ip

processes router IP options

=d

Processes the IP options that every router on a packet's way does, not only the one it is for: Record
Route and Timestamp. Source routes are left alone. The IP checksum follows. It belongs on the output
path, since a route is recorded with the address of the interface that the packet leaves by. The IP
header annotation must be set.

A packet with an option that is wrong goes to output 1 where that is connected, and is dropped
otherwise. Its ICMP_PARAMPROB annotation then is the offset of the wrong byte, for ICMPError.

=over 8

=item MYADDR

IP address of this router on the interface that packets leave by.

=item OTHERADDRS

Space-separated IP addresses: the router's others, for Timestamp options that name the routers.

=back

=h drops read-only

Returns the number of packets with a wrong option.

=e

  ... -> gio :: IPGWOptions(18.26.4.24) -> ...
  gio[1] -> ICMPError(18.26.4.24, parameterproblem) -> ...

=a ICMPError, IPOutputCombo
*/

import { arg, DROP, element } from '../../dataplane/element.ts'
import { PARAM_PROBLEM_OFFSET, setAnnoByte } from '../lib/anno.ts'
import { gatewayOptions, OPTIONS_RIGHT } from '../lib/gateway-options.ts'
import { hasIp } from '../lib/ip-header.ts'
import { parseIpList } from '../lib/text.ts'

export default element({
  name: 'IPGWOptions',
  ports: '1/1-2',
  processing: 'a/ah',
  config: { MYADDR: arg.ip().at().must(), OTHERADDRS: arg.text('').at() },
  counters: { drops: 'packets with a wrong option' },

  configure(config, context) {
    const others = parseIpList(config.OTHERADDRS, context.addresses)
    if (others === null) context.error('OTHERADDRS: not a list of IP addresses')
    return { addr: config.MYADDR, addrs: Int32Array.from([config.MYADDR, ...(others ?? [])]) }
  },

  route(self, p) {
    // Few packets have options: the others are told apart here.
    if (!hasIp(p) || (p.mem[p.net]! & 15) <= 5) return 0
    const problem = gatewayOptions(p.mem, p.net, p.end, self.plan, self.router.nowUs)
    if (problem === OPTIONS_RIGHT) return 0
    self.counters.drops++
    setAnnoByte(p, PARAM_PROBLEM_OFFSET, problem)
    return self.noutputs > 1 ? 1 : DROP
  },
})
