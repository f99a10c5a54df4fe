/*
=c

ProtocolTranslator46()

=s ip6

translates IP packets into IP6 packets

=d

Turns IPv4 packets, without link header, into IPv6 packets between the same addresses, in the form
::ffff:a.b.c.d. Checksums of TCP, UDP and ICMP are computed anew; ICMP messages become those of
ICMPv6 (RFC 2765), the packet that an error quotes is not translated. The hop limit is the
time-to-live less 191, modulo 256. Options are left out. What cannot be translated is dropped: fragments, ICMP
messages without a counterpart, and packets that are not whole.

=h dropped read-only

Returns the number of packets that could not be translated.

=a ProtocolTranslator64
*/

import { DROP, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { readIp, writeIp } from '../lib/arp.ts'
import {
  headerLength,
  ICMP,
  IP_HEADER,
  isFragment,
  setU16,
  TCP,
  UDP,
  u16At,
} from '../lib/ip-header.ts'
import {
  DST_AT,
  ICMP6,
  IP6_HEADER,
  ip6Checksum,
  SRC_AT,
  setIcmp6Checksum,
  writeIp6Header,
} from '../lib/ip6.ts'
import { icmp4to6 } from '../lib/translate.ts'

export default element({
  name: 'ProtocolTranslator46',
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
  if (p.end - n < IP_HEADER || m[n]! >> 4 !== 4 || isFragment(m, n)) return false
  const hl = headerLength(m, n)
  const total = u16At(m, n + 2)
  if (hl < IP_HEADER || total < hl || total > p.end - n) return false
  const src = readIp(m, n + 12)
  const dst = readIp(m, n + 16)
  const limit = (m[n + 8]! + 0x40 - 0xff) & 0xff
  const proto = m[n + 9]!
  const length = total - hl
  p.end = n + total
  p.off = n + hl
  if (!p.push(IP6_HEADER)) return false
  const o = p.off
  const t = o + IP6_HEADER
  writeIp6Header(m, o, length, proto === ICMP ? ICMP6 : proto, limit)
  mapped(m, o + SRC_AT, src)
  mapped(m, o + DST_AT, dst)
  p.net = o
  p.transport = t
  p.mac = -1
  return transport(m, o, t, length, proto)
}

/** An IPv4 address as an IPv6 one. */
function mapped(m: Uint8Array, at: number, addr: number): void {
  m.fill(0, at, at + 10)
  setU16(m, at + 10, 0xffff)
  writeIp(m, at + 12, addr)
}

/** Makes header and checksum behind the IPv6 header right. */
function transport(m: Uint8Array, o: number, t: number, length: number, proto: number): boolean {
  if (proto === ICMP) {
    const head = length < 8 ? null : icmp4to6(m[t]!, m[t + 1]!, readIp(m, t + 4))
    if (head === null) return false
    m[t] = head.type
    m[t + 1] = head.code
    writeIp(m, t + 4, head.rest)
    setIcmp6Checksum(m, o, t, length)
    return true
  }
  const at = proto === TCP ? 16 : proto === UDP ? 6 : -1
  if (at < 0) return true
  if (length < at + 2) return false
  setU16(m, t + at, 0)
  const sum = ip6Checksum(m, o, t, length, proto)
  // Of UDP, 0 would say that there is none, which IPv6 does not allow.
  setU16(m, t + at, sum === 0 && proto === UDP ? 0xffff : sum)
  return true
}
