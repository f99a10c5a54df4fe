/*
=c

ProtocolTranslator64()

=s ip6

translates IP6 packets into IP packets

=d

Turns IPv6 packets, without link header, into IPv4 packets where both addresses have the form
::ffff:a.b.c.d. Checksums of TCP, UDP and ICMP are computed anew; ICMPv6 messages become those of ICMP
(RFC 2765), the packet that an error quotes is not translated. The time-to-live is the hop limit, the
don't-fragment bit is set. What cannot be translated is dropped: other addresses, ICMPv6 messages without a
counterpart, and packets that are not whole.

=h dropped read-only

Returns the number of packets that could not be translated.

=a ProtocolTranslator46
*/

import { DROP, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { readIp, writeIp } from '../lib/arp.ts'
import { setIpChecksum } from '../lib/checksum.ts'
import { setIcmpChecksum } from '../lib/icmp.ts'
import { ICMP, IP_HEADER, setU16, TCP, UDP, u16At, writeIpHeader } from '../lib/ip-header.ts'
import { DST_AT, HOP_LIMIT_AT, ICMP6, IP6_HEADER, NEXT_AT, SRC_AT } from '../lib/ip6.ts'
import { icmp6to4 } from '../lib/translate.ts'
import { transportChecksum } from '../lib/transport-checksum.ts'

const DONT_FRAGMENT = 0x40

export default element({
  name: 'ProtocolTranslator64',
  ports: '1/1',
  processing: 'h/h',
  config: {},
  counters: { dropped: 'packets that could not be translated' },

  route(self, p) {
    if (translate(p)) return 0
    self.counters.dropped++
    return DROP
  },
})

/** In place; false: it cannot be. */
function translate(p: Packet): boolean {
  const m = p.mem
  const n = p.off
  if (p.end - n < IP6_HEADER || m[n]! >> 4 !== 6) return false
  const length = u16At(m, n + 4)
  if (length > p.end - n - IP6_HEADER || length + IP_HEADER > 0xffff) return false
  const src = mapped(m, n + SRC_AT)
  const dst = mapped(m, n + DST_AT)
  if (src === 0 || dst === 0) return false
  const next = m[n + NEXT_AT]!
  const limit = m[n + HOP_LIMIT_AT]!
  const t = n + IP6_HEADER
  const o = t - IP_HEADER
  p.off = o
  p.end = t + length
  p.net = o
  p.transport = t
  p.mac = -1
  writeIpHeader(m, o, IP_HEADER + length, 0, limit, next === ICMP6 ? ICMP : next, src, dst)
  m[o + 6] = DONT_FRAGMENT
  setIpChecksum(m, o)
  return transport(p, t, length, next)
}

/** The IPv4 address that an IPv6 one stands for; 0: none. */
function mapped(m: Uint8Array, at: number): number {
  for (let i = 0; i < 10; i++) if (m[at + i] !== 0) return 0
  return u16At(m, at + 10) === 0xffff ? readIp(m, at + 12) : 0
}

/** Makes header and checksum behind the IP header right. */
function transport(p: Packet, t: number, length: number, next: number): boolean {
  const m = p.mem
  if (next === ICMP6) {
    const head = length < 8 ? null : icmp6to4(m[t]!, m[t + 1]!, readIp(m, t + 4))
    if (head === null) return false
    m[t] = head.type
    m[t + 1] = head.code
    writeIp(m, t + 4, head.rest)
    setIcmpChecksum(m, t, length)
    return true
  }
  const at = next === TCP ? 16 : next === UDP ? 6 : -1
  if (at < 0) return true
  if (length < at + 2) return false
  setU16(m, t + at, 0)
  const sum = transportChecksum(p, p.net, t, length)
  setU16(m, t + at, sum === 0 && next === UDP ? 0xffff : sum)
  return true
}
