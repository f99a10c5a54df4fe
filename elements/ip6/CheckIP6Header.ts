/*
=c

CheckIP6Header([BADADDRS, OFFSET])

=s ip6

checks IP6 header

=d

Checks that each packet holds an IPv6 header, OFFSET bytes in: length, version, payload length (not
longer than the packet), and that the source is not one of BADADDRS or all ones. A valid packet gets
its network header annotation set, is cut to the length that the header says, and goes to output 0.
Others go to output 1 where it is connected, and are dropped otherwise. The first bad packet is
reported on the console.

=over 8

=item BADADDRS

Space-separated IPv6 addresses. Packets from these are bad.

=item OFFSET

Unsigned integer. Where the IPv6 header begins. Default is 0.

=back

=h drops read-only

Returns the number of bad packets.

=a MarkIP6Header, DecIP6HLIM
*/

import { arg, DROP, element } from '../../dataplane/element.ts'
import { parseIp6, splitSpaces } from '../../lib/click/args.ts'
import { u16At } from '../lib/ip-header.ts'
import { ADDRESS, IP6_HEADER, SRC_AT, samePrefix } from '../lib/ip6.ts'

export default element({
  name: 'CheckIP6Header',
  ports: '1/1-2',
  processing: 'a/ah',
  config: { BADADDRS: arg.string('').at(), OFFSET: arg.count(0).at() },
  counters: { drops: 'packets with a bad IPv6 header' },

  configure(config, context) {
    const bad: Uint8Array[] = [new Uint8Array(ADDRESS).fill(255)]
    for (const word of splitSpaces(config.BADADDRS)) {
      const addr = parseIp6(word, context.addresses)
      if (addr === null) context.error(`BADADDRS: '${word}' is not an IPv6 address`)
      else bad.push(addr)
    }
    return { bad }
  },

  route(self, p) {
    const m = p.mem
    const n = p.off + self.config.OFFSET
    const there = p.end - n - IP6_HEADER
    const length = there < 0 ? 0 : u16At(m, n + 4)
    if (there < 0 || m[n]! >> 4 !== 6 || length > there || isBad(self.plan.bad, m, n + SRC_AT)) {
      if (self.counters.drops === 0) self.router.print('IP6 header check failed')
      self.counters.drops++
      return self.noutputs > 1 ? 1 : DROP
    }
    p.net = n
    p.transport = n + IP6_HEADER
    p.end = n + IP6_HEADER + length
    return 0
  },
})

function isBad(bad: readonly Uint8Array[], m: Uint8Array, at: number): boolean {
  for (let i = 0; i < bad.length; i++) if (samePrefix(bad[i]!, 0, m, at, 128)) return true
  return false
}
