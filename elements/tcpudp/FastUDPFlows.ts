/*
=c

FastUDPFlows(RATE, LIMIT, LENGTH, SRCETH, SRCIP, DSTETH, DSTIP, FLOWS, FLOWSIZE [, CHECKSUM, ACTIVE])

=s udp

creates packets of flows with static UDP/IP/Ethernet headers

=d

A source for benchmarks. Makes the packets of FLOWS flows when it starts, and gives copies of them when
it is pulled: each time of a random flow. Ports are random; a flow that is over gets new ones.

A flow is FLOWSIZE packets.

=over 8

=item RATE

Unsigned integer: packets a second. 0: as fast as they are pulled.

=item LIMIT

Integer: packets in all. Negative: no limit.

=item LENGTH

Length of the frames. At least 60.

=item SRCETH

Ethernet address of the sender.

=item SRCIP

IP address of the sender.

=item DSTETH

Ethernet address of the receiver.

=item DSTIP

IP address of the receiver.

=item FLOWS

Unsigned integer: flows at a time.

=item FLOWSIZE

Unsigned integer: packets of a flow.

=item CHECKSUM

Boolean. If true, the UDP checksum is computed. Default is true.

=item ACTIVE

Boolean. If false, no packets are made. Default is true.

=back

=h count read-only

Returns the number of packets made.

=h rate read/write

Returns the average rate between the first packet and the LIMITth, 0 before that; sets RATE.

=h limit write-only

Sets LIMIT.

=h length read/write

Returns or sets LENGTH.

=h reset write-only

Begins anew.

=h active read/write

Returns or sets ACTIVE. Setting it begins anew.

=e

  FastUDPFlows(100000, 500000, 60, 0:0:0:0:0:0, 1.0.0.1, 1:1:1:1:1:1, 2.0.0.2, 100, 10)
    -> ToDevice(eth0);

=a FastTCPFlows, RatedSource
*/

import { writeIp } from '../lib/arp.ts'
import { makeFastFlows } from '../lib/fast-flows.ts'
import { ENCAP_TTL, IP_HEADER, setU16, UDP, writeIpHeader } from '../lib/ip-header.ts'
import { transportChecksum } from '../lib/transport-checksum.ts'

export default makeFastFlows('FastUDPFlows', false, (p, n, header, _kind, _router, checksum) => {
  const m = p.mem
  const t = n + IP_HEADER
  writeIpHeader(m, n, p.end - n, 0, ENCAP_TTL, UDP, header.src, header.dst)
  writeIp(m, t, (header.sport << 16) | header.dport)
  writeIp(m, t + 4, (p.end - t) << 16)
  // 0 would say that there is no checksum, so it is sent as all ones.
  if (checksum) setU16(m, t + 6, transportChecksum(p, n, t, p.end - t) || 0xffff)
})
