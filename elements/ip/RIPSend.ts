/*
=c

RIPSend(SRC, DST, PREFIX, METRIC)

=s iproute

periodically generates a RIP-2 packet

=d

Sends a RIP version 2 response (RFC 2453) with one route every 30 seconds, the first after 3, with UDP
and IP headers: it says that the network PREFIX can be reached by way of SRC, METRIC hops away. Only a
small part of RIP.

=over 8

=item SRC

IP address of the sender, and next hop of the route.

=item DST

IP address that the packets go to.

=item PREFIX

IP prefix: the route.

=item METRIC

Integer: hops, 1 to 15; 16 says that it cannot be reached.

=back

=h count read-only

Returns the number of packets sent.

=e

  RIPSend(18.26.4.24, 18.26.4.255, 10.0.0.0/8, 10)
    -> EtherEncap(0x0800, 00:00:c0:ae:67:ef, ff:ff:ff:ff:ff:ff)
    -> ToDevice(eth0);

=a UDPIPEncap
*/

import { arg, element } from '../../dataplane/element.ts'
import { writeIp } from '../lib/arp.ts'
import { IP_HEADER, setU16, UDP, writeIpHeader } from '../lib/ip-header.ts'
import { transportChecksum } from '../lib/transport-checksum.ts'

const FIRST_MS = 3_000
const PERIOD_MS = 30_000
const PORT = 520
const TTL = 200
const UDP_LENGTH = 32
/** Command 2, response; version 2. Then address family 2, IP; route tag 0. */
const RESPONSE = 0x02020000
const FAMILY_IP = 0x00020000

export default element({
  name: 'RIPSend',
  ports: '0/1',
  processing: 'h/h',
  source: true,
  config: {
    SRC: arg.ip().at().must(),
    DST: arg.ip().at().must(),
    PREFIX: arg.ipnet().at().must(),
    METRIC: arg.int().at().must(),
  },
  counters: { count: 'packets sent' },

  initialize(self) {
    self.timerAt(self.router.nowMs + FIRST_MS)
  },

  timer(self) {
    self.timerAt(self.router.nowMs + PERIOD_MS)
    const p = self.router.pool.allocLength(IP_HEADER + UDP_LENGTH)
    if (p === null) return
    const { SRC, DST, PREFIX, METRIC } = self.config
    const m = p.mem
    const n = p.off
    const t = n + IP_HEADER
    writeIpHeader(m, n, IP_HEADER + UDP_LENGTH, 0, TTL, UDP, SRC, DST)
    writeIp(m, t, (PORT << 16) | PORT)
    writeIp(m, t + 4, UDP_LENGTH << 16)
    const words = [RESPONSE, FAMILY_IP, PREFIX.addr, PREFIX.mask, SRC, METRIC]
    for (const [i, word] of words.entries()) writeIp(m, t + 8 + 4 * i, word)
    setU16(m, t + 6, transportChecksum(p, n, t, UDP_LENGTH))
    p.net = n
    p.transport = t
    self.counters.count++
    self.out[0]!(p)
  },
})
