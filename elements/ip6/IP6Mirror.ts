/*
=c

IP6Mirror()

=s ip6

swaps IP6 source and destination

=d

Exchanges source and destination address of IPv6 packets, and the ports of TCP and UDP behind the
header. Checksums stay right. The network header annotation must be set.

=a IPMirror, EtherMirror
*/

import { element } from '../../dataplane/element.ts'
import { TCP, UDP } from '../lib/ip-header.ts'
import { ADDRESS, hasIp6, IP6_HEADER, NEXT_AT, SRC_AT } from '../lib/ip6.ts'

export default element({
  name: 'IP6Mirror',
  ports: '1/1',
  config: {},

  action(_self, p) {
    if (!hasIp6(p)) return p
    const m = p.mem
    const n = p.net
    swap(m, n + SRC_AT, ADDRESS)
    const t = n + IP6_HEADER
    const next = m[n + NEXT_AT]
    if ((next === TCP || next === UDP) && t + 8 <= p.end) swap(m, t, 2)
    return p
  },
})

/** Exchanges `size` bytes with those behind them. */
function swap(m: Uint8Array, at: number, size: number): void {
  for (let i = at; i < at + size; i++) {
    const byte = m[i]!
    m[i] = m[i + size]!
    m[i + size] = byte
  }
}
