/*
=c

IPMirror([DST_ANNO])

=s ip

swaps IP source and destination

=d

Swaps source and destination address of each IP packet. Of TCP and UDP packets that are no later
fragments the ports are swapped too, and of TCP packets sequence and acknowledgement number.
Checksums need no change. The IP header annotation must be set; packets without pass unchanged.

=over 8

=item DST_ANNO

Boolean. If true, the destination address annotation is set to the new destination. Default is true.

=back

=a EtherMirror, ICMPPingResponder
*/

import { arg, element } from '../../dataplane/element.ts'
import { readIp, writeIp } from '../lib/arp.ts'
import { hasIp, isFirst, TCP, transportOf, UDP } from '../lib/ip-header.ts'

export default element({
  name: 'IPMirror',
  ports: '1/1',
  config: { DST_ANNO: arg.bool(true).at() },

  action(self, p) {
    if (!hasIp(p)) return p
    const m = p.mem
    const n = p.net
    const src = swap(m, n + 12)
    if (self.config.DST_ANNO) p.dst = src
    const proto = m[n + 9]!
    if ((proto !== TCP && proto !== UDP) || !isFirst(m, n)) return p
    const t = transportOf(p)
    if (t + 8 > p.end) return p
    const ports = readIp(m, t)
    writeIp(m, t, (ports << 16) | (ports >>> 16))
    if (proto === TCP && t + 12 <= p.end) swap(m, t + 4)
    return p
  },
})

/** Swaps two neighbouring words; returns the one that was first. */
function swap(m: Uint8Array, at: number): number {
  const first = readIp(m, at)
  writeIp(m, at, readIp(m, at + 4))
  writeIp(m, at + 4, first)
  return first
}
