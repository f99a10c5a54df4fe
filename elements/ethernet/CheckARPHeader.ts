/*
=c

CheckARPHeader([OFFSET, I<keywords> VERBOSE, DETAILS])

=s arp

checks ARP header

=d

Checks that each packet holds a whole ARP header, OFFSET bytes in: long enough for the addresses
that it says it has, and those of the length that Ethernet, IPv4 and IPv6 have. A valid packet gets
its network header annotation set and goes to output 0. Others go to output 1 where it is
connected, and are dropped otherwise. The first bad packet is reported on the console.

Keyword arguments are:

=over 8

=item OFFSET

Unsigned integer. Where the ARP header begins. Default is 0.

=item VERBOSE

Boolean. If true, every bad packet is reported, not only the first. Default is false.

=item DETAILS

Boolean. If true, there is a handler C<drop_details>. Default is false.

=back

=h drops read-only

Returns the number of bad packets. By reason they are counted in C<too_short>, C<no_addresses>,
C<bad_hardware> and C<bad_protocol>.

=h drop_details read-only

Returns how many packets were bad for which reason. Only where DETAILS is true.

=a ARPPrint, ARPQuerier, ARPResponder
*/

import { arg, element } from '../../dataplane/element.ts'
import { bad, details } from '../lib/bad-packets.ts'

const REASONS = {
  too_short: 'tiny packet',
  no_addresses: 'too small for addresses',
  bad_hardware: 'bad hardware type/length',
  bad_protocol: 'bad protocol type/length',
} as const

const HEADER = 8
const ETHERNET = 1
const IPV4 = 0x0800
const IPV6 = 0x86dd

export default element({
  name: 'CheckARPHeader',
  ports: '1/1-2',
  processing: 'a/ah',
  config: {
    OFFSET: arg.count(0).at(),
    VERBOSE: arg.bool(false),
    DETAILS: arg.bool(false),
  },
  counters: { drops: 'packets with a bad ARP header', ...REASONS },

  route(self, p) {
    const n = p.off + self.config.OFFSET
    const reason = check(p.mem, n, p.end - n)
    if (reason !== null) return bad(self, '', 'ARP header', reason, REASONS[reason])
    p.net = n
    p.transport = n + HEADER + 2 * p.mem[n + 4]! + 2 * p.mem[n + 5]!
    return 0
  },

  handlers: {
    drop_details: { read: (self) => details(self, REASONS) },
  },
})

function check(m: Uint8Array, n: number, length: number): keyof typeof REASONS | null {
  if (length < HEADER) return 'too_short'
  const hardware = (m[n]! << 8) | m[n + 1]!
  const protocol = (m[n + 2]! << 8) | m[n + 3]!
  const hardwareLength = m[n + 4]!
  const protocolLength = m[n + 5]!
  if (length < HEADER + 2 * hardwareLength + 2 * protocolLength) return 'no_addresses'
  if (hardware === ETHERNET && hardwareLength !== 6) return 'bad_hardware'
  if (protocol === IPV4 && protocolLength !== 4) return 'bad_protocol'
  if (protocol === IPV6 && protocolLength !== 16) return 'bad_protocol'
  return null
}
