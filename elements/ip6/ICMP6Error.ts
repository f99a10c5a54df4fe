/*
=c

ICMP6Error(SRC, TYPE, CODE)

=s ip6

generates ICMP6 error packets

=d

Takes IPv6 packets that cannot be forwarded or delivered, and emits for each an ICMPv6 error or
redirect of that TYPE and CODE, from SRC to the packet's source. It quotes up to 568 bytes of the
packet. The network header annotation must be set. Sets the destination address and FIX_IP_SRC
annotations of the error.

No error is made about an ICMPv6 error, about any fragment but the first, about a packet that came as
link broadcast or multicast, that is addressed to a multicast address, or whose source is not a
single host's address (RFC 4443, 2.4); such packets are dropped. The rate is not limited here.

Of a parameter problem (4) with code 0 the pointer is taken from the packet's ICMP_PARAMPROB
annotation; of a redirect (137) the target is the destination address annotation; of 'packet too
big' (2) the MTU is 1500.

=over 8

=item SRC

IPv6 address that errors come from.

=item TYPE

1 (unreachable), 2 (packet too big), 3 (time exceeded), 4 (parameter problem) or 137 (redirect).

=item CODE

Integer from 0 to 255.

=back

=h errors read-only

Returns the number of errors made.

=h silent read-only

Returns the number of packets about which none was made.

=e

  dt :: DecIP6HLIM;
  dt[1] -> ICMP6Error(3ffe::1, 3, 0) -> ...

=a DecIP6HLIM, ICMPError
*/

import { arg, element } from '../../dataplane/element.ts'
import { ANNO_SIZE, type Packet } from '../../dataplane/packet.ts'
import { annoByte, PARAM_PROBLEM_OFFSET } from '../lib/anno.ts'
import { setU16, u16At } from '../lib/ip-header.ts'
import {
  copyIp6,
  DST_AT,
  dst6,
  FRAGMENT,
  hasIp6,
  ICMP6,
  IP6_HEADER,
  isZero6,
  NEXT_AT,
  SRC_AT,
  setDst6,
  setIcmp6Checksum,
  writeIp6Header,
} from '../lib/ip6.ts'

const TOO_BIG = 2
const PARAMETER_PROBLEM = 4
const REDIRECT = 137
const ERROR_HEADER = 8
const REDIRECT_HEADER = 40
const QUOTE_MAX = 568
const MTU = 1500
/** Offset of FIX_IP_SRC (Click's packet_anno.hh). */
const FIX_IP_SRC = 19

export default element({
  name: 'ICMP6Error',
  ports: '1/1',
  config: {
    SRC: arg.ip6().at().must(),
    TYPE: arg.int().at().must(),
    CODE: arg.u8().at().must(),
  },
  counters: {
    errors: 'ICMPv6 errors made',
    silent: 'packets about which no error was made',
  },

  configure(config, context) {
    const { SRC, TYPE } = config
    if (TYPE !== REDIRECT && !isErrorType(TYPE))
      context.error(`ICMP6 type ${TYPE} is not an error or redirect type`)
    if (SRC !== undefined && isZero6(SRC, 0))
      context.error('SRC: an address of this host is needed')
    return { header: TYPE === REDIRECT ? REDIRECT_HEADER : ERROR_HEADER }
  },

  action(self, p) {
    if (!deserves(p)) {
      self.counters.silent++
      return null
    }
    const { SRC, TYPE, CODE } = self.config
    const n = p.net
    const quote = Math.min(p.end - n, QUOTE_MAX)
    const length = self.plan.header + quote
    const q = self.router.pool.allocLength(IP6_HEADER + length)
    if (q === null) return null // the pool counts it
    const m = q.mem
    const o = q.off
    const t = o + IP6_HEADER
    writeIp6Header(m, o, length, ICMP6, 255)
    copyIp6(m, o + SRC_AT, SRC, 0)
    copyIp6(m, o + DST_AT, p.mem, n + SRC_AT)
    m.fill(0, t, t + self.plan.header)
    m[t] = TYPE
    m[t + 1] = CODE
    if (TYPE === TOO_BIG) setU16(m, t + 6, MTU)
    else if (TYPE === PARAMETER_PROBLEM && CODE === 0) m[t + 7] = annoByte(p, PARAM_PROBLEM_OFFSET)
    else if (TYPE === REDIRECT) {
      dst6(p, m, t + 8)
      copyIp6(m, t + 24, p.mem, n + DST_AT)
    }
    const at = t + self.plan.header
    for (let i = 0; i < quote; i++) m[at + i] = p.mem[n + i]!
    setIcmp6Checksum(m, o, t, length)
    q.net = o
    q.transport = t
    q.port = p.port
    q.bucket = p.bucket
    setDst6(q, m, o + DST_AT)
    q.anno ??= new Uint8Array(ANNO_SIZE)
    q.anno[FIX_IP_SRC] = 1
    self.counters.errors++
    self.kill(p)
    return q
  },
})

/** Of ICMPv6, error types are those below 128; these four are defined (RFC 4443). */
function isErrorType(type: number): boolean {
  return type >= 1 && type <= 4
}

/** May an error be made about the packet? */
function deserves(p: Packet): boolean {
  if (!hasIp6(p) || p.type === 1 || p.type === 2) return false
  const m = p.mem
  const n = p.net
  if (m[n + DST_AT] === 0xff || m[n + SRC_AT] === 0xff || isZero6(m, n + SRC_AT)) return false
  let next = m[n + NEXT_AT]
  let t = n + IP6_HEADER
  if (next === FRAGMENT && t + 8 <= p.end) {
    if ((u16At(m, t + 2) & 0xfff8) !== 0) return false
    next = m[t]
    t += 8
  }
  // A message that is cut off might be an error.
  return next !== ICMP6 || (t < p.end && !isErrorType(m[t]!))
}
