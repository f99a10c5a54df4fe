/*
=c

FastTCPFlows(RATE, LIMIT, LENGTH, SRCETH, SRCIP, DSTETH, DSTIP, FLOWS, FLOWSIZE [, ACTIVE])

=s tcp

creates packets of flows with static TCP/IP/Ethernet headers

=d

A source for benchmarks. Makes the packets of FLOWS flows when it starts, and gives copies of them when
it is pulled: each time of a random flow. Ports are random; a flow that is over gets new ones.

A flow is a SYN packet, packets with data, and a FIN packet, FLOWSIZE in all; sequence numbers are
random. After LIMIT packets the flows that are open get their FIN packets.

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

  FastTCPFlows(100000, 500000, 60, 0:0:0:0:0:0, 1.0.0.1, 1:1:1:1:1:1, 2.0.0.2, 100, 10)
    -> ToDevice(eth0);

=a FastUDPFlows, RatedSource
*/

import { writeIp } from '../lib/arp.ts'
import { FIRST, LAST, makeFastFlows } from '../lib/fast-flows.ts'
import { ENCAP_TTL, IP_HEADER, setU16, TCP, writeIpHeader } from '../lib/ip-header.ts'
import { transportChecksum } from '../lib/transport-checksum.ts'

const SYN = 0x02
const FIN = 0x01
const PUSH_ACK = 0x18
const WINDOW = 0xffff

export default makeFastFlows('FastTCPFlows', true, (p, n, header, kind, router) => {
  const m = p.mem
  const t = n + IP_HEADER
  const random = () => Math.floor(router.random() * 0x1_0000_0000)
  writeIpHeader(m, n, p.end - n, 0, ENCAP_TTL, TCP, header.src, header.dst)
  writeIp(m, t, (header.sport << 16) | header.dport)
  writeIp(m, t + 4, random())
  writeIp(m, t + 8, random())
  const flags = kind === FIRST ? SYN : kind === LAST ? FIN : PUSH_ACK
  writeIp(m, t + 12, 0x50000000 | (flags << 16) | WINDOW)
  setU16(m, t + 16, transportChecksum(p, n, t, p.end - t))
})
