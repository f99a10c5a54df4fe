/*
=c

IPEncap(PROTO, SRC, DST, [I<keywords> TTL, DSCP, ECT, CE, TOS, DF])

=s ip

encapsulates packets in static IP header

=d

Puts an IP header in front of each packet, for IP-in-IP tunnels say, and sets the IP header and
destination address annotations. The identification of the header counts up. A packet without room
for the header, or too long for it, is dropped.

=over 8

=item PROTO

Protocol: a number or a usual name ("ipip").

=item SRC

IP address.

=item DST

IP address, or DST_ANNO: each packet's destination address annotation.

=item TTL

Integer from 0 to 255: time-to-live. Default is 250.

=item DSCP

Integer from 0 to 63. Default is 0.

=item ECT

Boolean, or 2. If true, the ECN field says 1: ECN capable transport; if 2, it says 2. Default is
false.

=item CE

Boolean. If true, the ECN field says 3: congestion experienced. Default is false.

=item TOS

Integer from 0 to 255: the whole byte, in place of DSCP, ECT and CE.

=item DF

Boolean. If true, the don't-fragment bit is set. Default is false.

=back

=h src read/write

Returns or sets SRC. What is set holds on this replica; a new one starts as configured.

=h dst read/write

Returns or sets DST.

=h no_headroom read-only

Returns the number of packets dropped for want of room, or for their length.

=e

  IPEncap(ipip, 18.26.4.24, 140.247.60.147)

=a UDPIPEncap, StripIPHeader
*/

import { cell } from '../../dataplane/declare.ts'
import { arg, type ErrorContext, element } from '../../dataplane/element.ts'
import { parseBool, parseIp } from '../../lib/click/args.ts'
import { setIpChecksum } from '../lib/checksum.ts'
import { ENCAP_TTL, IP_HEADER, setU16, writeIpHeader } from '../lib/ip-header.ts'
import { parseProtocol } from '../lib/ip-names.ts'
import { SETTINGS } from '../lib/settings.ts'
import { ipText } from '../lib/text.ts'

const DF = 0x40

interface Addresses {
  src: number
  dst: number
  useAnno: boolean
}

export default element({
  name: 'IPEncap',
  reconfigures: true,
  ports: '1/1',
  config: {
    PROTO: arg.text().at().must(),
    SRC: arg.ip().at().must(),
    DST: arg.text().at().must(),
    TOS: arg.int(-1),
    TTL: arg.u8(ENCAP_TTL),
    DSCP: arg.int(-1),
    ECT: arg.text('false'),
    CE: arg.bool(false),
    DF: arg.bool(false),
  },
  counters: { no_headroom: 'packets dropped for want of room in front, or too long' },
  state: {
    counts: cell({ version: 1, scope: 'shared', merge: 'max', row: { id: 'u16' } }),
  },
  local: SETTINGS,

  configure(config, context) {
    const proto = parseProtocol(config.PROTO)
    if (proto === null) context.error('bad IP protocol')
    const useAnno = config.DST === 'DST_ANNO'
    const dst = useAnno ? 0 : parseIp(config.DST, context.addresses)
    if (dst === null) context.error("DST argument should be IP address or 'DST_ANNO'")
    return {
      proto: proto ?? 0,
      dst: dst ?? 0,
      useAnno,
      tos: tosOf(config, context),
      addresses: context.addresses,
    }
  },

  open: (self): Addresses => ({
    src: self.config.SRC,
    dst: self.plan.dst,
    useAnno: self.plan.useAnno,
  }),

  action(self, p) {
    const length = p.end - p.off + IP_HEADER
    if (length > 0xffff || !p.push(IP_HEADER)) {
      self.counters.no_headroom++
      return null
    }
    const { src, dst, useAnno } = self.resource
    const { proto, tos } = self.plan
    const m = p.mem
    const n = p.off
    const id = self.state.counts.id
    self.state.counts.id = (id + 1) & 0xffff
    if (!useAnno) p.dst = dst
    writeIpHeader(m, n, length, id, self.config.TTL, proto, src, p.dst)
    if (tos !== 0 || self.config.DF) {
      m[n + 1] = tos
      setU16(m, n + 6, self.config.DF ? DF << 8 : 0)
      setIpChecksum(m, n)
    }
    p.net = n
    p.transport = n + IP_HEADER
    return p
  },

  handlers: {
    src: {
      read: (self) => ipText(self.resource.src),
      write(self, value) {
        const addr = parseIp(value.trim(), self.plan.addresses)
        if (addr === null) throw new Error(`SRC: '${value}' is not an IP address`)
        self.resource.src = addr
      },
    },
    dst: {
      read: (self) => (self.resource.useAnno ? 'DST_ANNO' : ipText(self.resource.dst)),
      write(self, value) {
        const useAnno = value.trim() === 'DST_ANNO'
        const addr = useAnno ? 0 : parseIp(value.trim(), self.plan.addresses)
        if (addr === null) throw new Error("DST argument should be IP address or 'DST_ANNO'")
        self.resource.dst = addr
        self.resource.useAnno = useAnno
      },
    },
  },
})

interface TosConfig {
  readonly TOS: number
  readonly DSCP: number
  readonly ECT: string
  readonly CE: boolean
}

function tosOf({ TOS, DSCP, ECT, CE }: TosConfig, context: ErrorContext): number {
  const bool = parseBool(ECT)
  const ect = ECT === '2' ? 2 : Number(bool ?? 0)
  if (ECT !== '2' && bool === null) context.error(`bad ECT value '${ECT}'`)
  if (TOS >= 0 && DSCP >= 0) context.error('cannot set both TOS and DSCP')
  else if (TOS >= 0 && (ect !== 0 || CE)) context.error('cannot set both TOS and ECN bits')
  if (TOS > 255 || TOS < -1) context.error('TOS too large; max 255')
  else if (DSCP > 63 || DSCP < -1) context.error('DSCP too large; max 63')
  if (ect !== 0 && CE) context.error('can set at most one ECN option')
  if (TOS >= 0) return TOS
  return (Math.max(DSCP, 0) << 2) | (CE ? 3 : ect)
}
