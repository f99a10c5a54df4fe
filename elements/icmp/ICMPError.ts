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

Where the packet has a source route option, the error has one with the way back; no redirect is made
about such a packet (RFC 1812 4.3.2.6, 5.2.7.2).

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

Boolean. If true, the FIX_IP_SRC annotation of errors is set. Default is true. SET_FIX_ANNO is
another name for it.

=back

=h src read/write

Returns or sets the SRC parameter.

=h mtu read/write

Returns or sets the MTU parameter.

=h pmtu read/write

Returns or sets the PMTU parameter.

=h errors read-only

Returns the number of errors made.

=h silent read-only

Returns the number of packets about which none was made.

=e

  dt :: DecIPTTL;
  dt[1] -> ICMPError(18.26.4.24, timeexceeded) -> ...

=a DecIPTTL, ICMPPingResponder
*/

import { cell } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import { ANNO_SIZE, type Packet } from '../../dataplane/packet.ts'
import { parseIp, parseU16, parseU32 } from '../../lib/click/args.ts'
import { annoByte, PARAM_PROBLEM_OFFSET } from '../lib/anno.ts'
import { readIp, writeIp } from '../lib/arp.ts'
import { setIpChecksum } from '../lib/checksum.ts'
import {
  isErrorType,
  NEED_FRAGMENT,
  PARAMETER_PROBLEM,
  parseIcmpType,
  REDIRECT,
  setIcmpChecksum,
  typeAndCode,
  UNREACHABLE,
} from '../lib/icmp.ts'
import {
  hasIp,
  headerLength,
  ICMP,
  IP_HEADER,
  isFirst,
  setU16,
  transportOf,
  writeIpHeader,
} from '../lib/ip-header.ts'
import { SETTINGS } from '../lib/settings.ts'
import { routeBack, sourceRoute } from '../lib/source-route.ts'
import { ipText, parseIpList } from '../lib/text.ts'

/** Offset of FIX_IP_SRC (Click's packet_anno.hh). */
const FIX_IP_SRC = 19
const ICMP_HEADER = 8
/** IP and ICMP header: what an error must have room for. */
const HEADERS = 28
const TTL = 200
const WORDS = {
  type: 'ICMP type must be between 0 and 255',
  code: 'argument 2 takes ICMP code (integer between 0 and 255)',
}

interface Settings {
  src: number
  mtu: number
  pmtu: number
}

export default element({
  name: 'ICMPError',
  ports: '1/1',
  config: {
    SRC: arg.ip().at().must(),
    TYPE: arg.text().at().must(),
    CODE: arg.text('0').at(),
    BADADDRS: arg.text('').at(),
    MTU: arg.count(576),
    PMTU: arg.u16(0),
    USE_FIX_ANNO: arg.bool(true),
    SET_FIX_ANNO: arg.bool(true),
  },
  counters: {
    errors: 'ICMP errors made',
    silent: 'packets about which no error was made',
  },
  state: {
    counts: cell({ version: 1, scope: 'shared', merge: 'max', row: { made: 'u16' } }),
  },
  local: SETTINGS,
  reconfigures: true,

  configure(config, context) {
    const { type, code } = typeAndCode(config.TYPE ?? '', config.CODE, WORDS, context)
    const known = parseIcmpType(config.TYPE ?? '') !== null
    if (known && type >= 0 && type <= 255 && !isErrorType(type))
      context.error(`ICMP type ${type} is not an error type`)
    const bad = parseIpList(config.BADADDRS, context.addresses)
    if (bad === null) context.error('BADADDRS: parse error')
    if (config.MTU < HEADERS) context.error(`MTU: ${config.MTU} leaves no room for a quote`)
    return {
      type,
      code,
      // All of them draw IP identifications from one counter, the first one's.
      counter: context.elementsOf?.('ICMPError')[0]?.name ?? context.name,
      bad: Int32Array.from(new Set(bad ?? [])),
      fixes: config.USE_FIX_ANNO && config.SET_FIX_ANNO,
    }
  },

  open: (self): Settings => ({
    src: self.config.SRC,
    mtu: self.config.MTU,
    pmtu: self.config.PMTU,
  }),

  action(self, p) {
    const { type, code, bad } = self.plan
    let route = hasIp(p) ? sourceRoute(p.mem, p.net) : 0
    if (!deserves(p, bad) || (route !== 0 && type === REDIRECT)) {
      self.counters.silent++
      return null
    }
    // A problem with the source route itself: the error does not use it.
    if (type === PARAMETER_PROBLEM && code === 0 && route !== 0) {
      const at = p.net + annoByte(p, PARAM_PROBLEM_OFFSET)
      if (at >= route && at < route + p.mem[route + 1]!) route = 0
    }
    // Without room for the way back it could not be sent to where it should go.
    if (HEADERS + optionsLength(p, route) > self.resource.mtu) {
      self.counters.silent++
      return null
    }
    const q = make(self, p, route)
    if (q === null) return null // the pool counts it
    self.counters.errors++
    self.kill(p)
    return q
  },

  handlers: {
    src: {
      read: (self) => ipText(self.resource.src),
      write(self, value) {
        const addr = parseIp(value.trim())
        if (addr === null) throw new Error(`'${value}' is not an IP address`)
        self.resource.src = addr
      },
    },
    mtu: {
      read: (self) => String(self.resource.mtu),
      write(self, value) {
        const mtu = parseU32(value.trim())
        if (mtu === null || mtu < HEADERS) throw new Error(`mtu must be an integer from ${HEADERS}`)
        self.resource.mtu = mtu
      },
    },
    pmtu: {
      read: (self) => String(self.resource.pmtu),
      write(self, value) {
        const pmtu = parseU16(value.trim())
        if (pmtu === null) throw new Error('pmtu must be an integer below 65536')
        self.resource.pmtu = pmtu
      },
    },
  },
})

interface Me {
  readonly plan: {
    readonly type: number
    readonly code: number
    readonly counter: string
    readonly fixes: boolean
  }
  readonly resource: Settings
  readonly state: { readonly counts: { made: number } }
  readonly router: {
    readonly nowUs: number
    element(name: string): { readonly state: { readonly counts: { made: number } } } | null
    readonly pool: import('../../dataplane/packet.ts').Pool
  }
}

/** Of the error's IP header. */
function optionsLength(p: Packet, route: number): number {
  return route === 0 ? 0 : (p.mem[route + 2]! + 2) & ~3
}

/** The error about `p`; null where the pool is empty. @param route its source route option, or 0 */
function make(self: Me, p: Packet, route: number): Packet | null {
  const { type, code, fixes } = self.plan
  const { src, mtu, pmtu } = self.resource
  const n = p.net
  const options = optionsLength(p, route)
  const header = IP_HEADER + options
  const quote = Math.min(p.end - n, mtu - header - ICMP_HEADER)
  const length = header + ICMP_HEADER + quote
  const q = self.router.pool.allocLength(length)
  if (q === null) return null
  const m = q.mem
  const o = q.off
  const t = o + header
  const dst = readIp(p.mem, n + 12)
  const { counts } = self.router.element(self.plan.counter)?.state ?? self.state
  counts.made = (counts.made + 1) & 0xffff
  writeIpHeader(m, o, length, counts.made, TTL, ICMP, src, dst)
  if (route !== 0) {
    m[o] = 0x40 | (header >> 2)
    routeBack(p.mem, route, m, o + IP_HEADER, options)
    setIpChecksum(m, o)
  }
  m.fill(0, t, t + ICMP_HEADER)
  m[t] = type
  m[t + 1] = code
  if (type === REDIRECT) writeIp(m, t + 4, p.dst)
  else if (type === PARAMETER_PROBLEM && code === 0) m[t + 4] = annoByte(p, PARAM_PROBLEM_OFFSET)
  else if (type === UNREACHABLE && code === NEED_FRAGMENT) setU16(m, t + 6, pmtu)
  for (let i = 0; i < quote; i++) m[t + ICMP_HEADER + i] = p.mem[n + i]!
  setIcmpChecksum(m, t, ICMP_HEADER + quote)
  q.net = o
  q.transport = t
  q.dst = dst
  q.timeUs = self.router.nowUs
  q.port = p.port
  // An error is steered by the packet that it quotes, so it has that one's bucket.
  q.bucket = p.bucket
  if (fixes) {
    q.anno ??= new Uint8Array(ANNO_SIZE)
    q.anno[FIX_IP_SRC] = 1
  }
  return q
}

/** May an error be made about the packet? */
function deserves(p: Packet, bad: Int32Array): boolean {
  if (!hasIp(p) || p.type === 1 || p.type === 2) return false
  const m = p.mem
  const n = p.net
  if (!isFirst(m, n)) return false
  const src = readIp(m, n + 12)
  const dst = readIp(m, n + 16)
  if (!isHost(src) || dst === -1 || dst >>> 28 === 14) return false
  for (let i = 0; i < bad.length; i++) if (bad[i] === src || bad[i] === dst) return false
  if (m[n + 9] !== ICMP) return true
  // A message that is cut off might be an error.
  const t = transportOf(p)
  return t < p.end && headerLength(m, n) + 4 <= p.end - p.off && !isErrorType(m[t]!)
}

/** Can the address be a single host's on a network? Not network 0, loopback, multicast, class E. */
function isHost(addr: number): boolean {
  const first = addr >>> 24
  return first !== 0 && first !== 127 && first < 224
}
