/*
=c

ICMPError(SRC, TYPE [, CODE, I<keywords> BADADDRS, MTU, PMTU, USE_FIX_ANNO])

=s icmp

generates ICMP error packets

=d

Takes IP packets that cannot be forwarded or delivered, and emits for each an ICMP error of that
TYPE and CODE, from SRC to the packet's source. It quotes the packet's IP header and as much of
what follows as fits. The IP header annotation must be set. Sets the destination address
annotation of the error.

TYPE and CODE are numbers or names. Types: 'unreachable' [3], 'sourcequench' [4], 'redirect' [5],
'timeexceeded' [11], 'parameterproblem' [12]. Codes: 'net' [0], 'host' [1], 'protocol' [2], 'port'
[3], 'needfrag' [4] and so on for 'unreachable'; 'net' [0] and 'host' [1] for 'redirect'; 'transit'
[0] and 'reassembly' [1] for 'timeexceeded'; 'erroratptr' [0], 'missingopt' [1] and 'length' [2] for
'parameterproblem'. CODE defaults to 0.

No error is made about an ICMP error, about any fragment but the first, about a packet that came
as link broadcast or multicast, that is addressed to a broadcast or multicast address, or whose
source is not a single host's address (RFC 792, RFC 1122 3.2.2, RFC 1812 4.3.2.7); such packets
are dropped. Directed broadcasts cannot be told from other addresses: BADADDRS is for them. The
rate is not limited here.

Of 'parameterproblem', 'erroratptr' the pointer is taken from the packet's ICMP_PARAMPROB
annotation; of 'redirect' the gateway is the destination address annotation; of 'unreachable',
'needfrag' the MTU is PMTU.

Keyword arguments are:

=over 8

=item SRC

IP address that errors come from.

=item TYPE

Number or name.

=item CODE

Number or name. Default is 0.

=item BADADDRS

Space-separated addresses. No error is made about packets from or to one of them.

=item MTU

Unsigned integer. Length of an error at most. Default is 576.

=item PMTU

Unsigned integer. The MTU that is reported. Default is 0.

=item USE_FIX_ANNO

Boolean. If true, the FIX_IP_SRC annotation of errors is set. Default is true.

=back

=h errors read-only

Returns the number of errors made.

=h silent read-only

Returns the number of packets about which none was made.

=e

  dt :: DecIPTTL;
  dt[1] -> ICMPError(18.26.4.24, timeexceeded) -> ...

=a DecIPTTL, ICMPPingResponder
*/

import { arg, type ConfigureContext, element } from '../../dataplane/element.ts'
import { ANNO_SIZE, type Packet } from '../../dataplane/packet.ts'
import { parseU8 } from '../../lib/click/args.ts'
import { readIp, writeIp } from '../lib/arp.ts'
import { checksum, setIpChecksum } from '../lib/checksum.ts'
import { ICMP_CODES, ICMP_TYPES } from '../lib/icmp-names.ts'
import { parseIpList } from '../lib/text.ts'

const UNREACHABLE = 3
const REDIRECT = 5
const PARAMETER_PROBLEM = 12
const NEED_FRAGMENT = 4
/** Offsets of annotations (Click's packet_anno.hh). */
const ANNO_PARAMPROB = 17
const ANNO_FIX_IP_SRC = 19
/** IP and ICMP header of an error. */
const HEADERS = 28

export default element({
  name: 'ICMPError',
  ports: '1/1',
  config: {
    SRC: arg.ip().at().must(),
    TYPE: arg.text().at().must(),
    CODE: arg.text('0').at(),
    BADADDRS: arg.text('').at(),
    MTU: arg.count(576).at(),
    PMTU: arg.u16(0),
    USE_FIX_ANNO: arg.bool(true),
  },
  counters: {
    errors: 'ICMP errors made',
    silent: 'packets about which no error was made',
  },

  configure(config, context) {
    const type = number('TYPE', config.TYPE, ICMP_TYPES, context)
    const code = number('CODE', config.CODE, ICMP_CODES[type] ?? {}, context)
    const bad = parseIpList(config.BADADDRS, context.addresses)
    if (bad === null) context.error(`BADADDRS: '${config.BADADDRS}' is not a list of IP addresses`)
    if (config.MTU < HEADERS + 28) context.error(`MTU: ${config.MTU} leaves no room for a quote`)
    return { type, code, bad: new Set(bad ?? []) }
  },

  action(self, p) {
    const n = p.net
    const src = n < 0 || p.end - n < 20 ? 0 : readIp(p.mem, n + 12)
    const { bad, type, code } = self.plan
    if (src === 0 || !deserves(p, src) || bad.has(src) || bad.has(readIp(p.mem, n + 16))) {
      self.counters.silent++
      return null
    }
    const quote = Math.min(p.end - n, self.config.MTU - HEADERS)
    const q = self.router.pool.allocLength(HEADERS + quote)
    if (q === null) return null // the pool counts it
    const m = q.mem
    const o = q.off
    for (let i = 0; i < quote; i++) m[o + HEADERS + i] = p.mem[n + i]!
    writeIpHeader(m, o, HEADERS + quote, self.config.SRC, src)
    const t = o + 20
    m.fill(0, t, t + 8)
    m[t] = type
    m[t + 1] = code
    if (type === REDIRECT) writeIp(m, t + 4, p.dst)
    else if (type === PARAMETER_PROBLEM && code === 0) m[t + 4] = p.anno?.[ANNO_PARAMPROB] ?? 0
    else if (type === UNREACHABLE && code === NEED_FRAGMENT) {
      m[t + 6] = self.config.PMTU >>> 8
      m[t + 7] = self.config.PMTU
    }
    const sum = checksum(m, t, 8 + quote)
    m[t + 2] = sum >>> 8
    m[t + 3] = sum
    q.net = o
    q.transport = t
    q.dst = src
    q.timeUs = self.router.nowUs
    q.port = p.port
    // An error is steered by the packet that it quotes, so it has that one's bucket.
    q.bucket = p.bucket
    if (self.config.USE_FIX_ANNO) {
      q.anno ??= new Uint8Array(ANNO_SIZE)
      q.anno[ANNO_FIX_IP_SRC] = 1
    }
    self.counters.errors++
    self.kill(p)
    return q
  },
})

/** May an error be made about the packet? */
function deserves(p: Packet, src: number): boolean {
  const m = p.mem
  const n = p.net
  if (p.type === 1 || p.type === 2) return false
  if (((m[n + 6]! & 0x1f) | m[n + 7]!) !== 0) return false
  if (!isHost(src)) return false
  const dst = readIp(m, n + 16)
  if (dst >>> 28 >= 14) return false
  if (m[n + 9] === 1) {
    const t = n + ((m[n]! & 15) << 2)
    // A message that is cut off might be an error.
    if (t >= p.end) return false
    const type = m[t]!
    if (type === 3 || type === 4 || type === 5 || type === 11 || type === 12) return false
  }
  return true
}

/** Can the address be a single host's on a network? Not network 0, loopback, multicast, class E. */
function isHost(addr: number): boolean {
  const first = addr >>> 24
  return first !== 0 && first !== 127 && first < 224
}

function writeIpHeader(m: Uint8Array, o: number, length: number, src: number, dst: number): void {
  m[o] = 0x45
  m[o + 1] = 0xc0 // precedence 6, as RFC 1812 4.3.2.5 wants it of errors
  m[o + 2] = length >>> 8
  m[o + 3] = length
  m[o + 4] = 0
  m[o + 5] = 0
  m[o + 6] = 0x40 // never fragmented, so its identification may be 0 (RFC 6864)
  m[o + 7] = 0
  m[o + 8] = 255
  m[o + 9] = 1
  writeIp(m, o + 12, src)
  writeIp(m, o + 16, dst)
  setIpChecksum(m, o)
}

function number(
  keyword: string,
  text: string,
  names: Readonly<Record<string, number>>,
  context: ConfigureContext,
): number {
  const value = names[text] ?? parseU8(text)
  if (value === null) {
    const known = Object.keys(names).join(', ')
    context.error(`${keyword}: '${text}' is neither a number below 256 nor one of: ${known}`)
  }
  return value ?? 0
}
