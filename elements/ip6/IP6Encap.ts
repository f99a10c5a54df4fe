/*
=c

IP6Encap(PROTO, SRC, DST [, I<keywords> HLIM, CLASS])

=s ip6

encapsulates packets in IP6 header

=d

Puts an IPv6 header in front of each packet, and sets the network header annotation to it and the
destination address annotation to DST. A packet without room for the header in front is dropped.

Keyword arguments are:

=over 8

=item PROTO

Next header: number below 256, or the name of an IP protocol.

=item SRC

IPv6 address.

=item DST

IPv6 address, or DST_ANNO: that of the packet's destination address annotation.

=item HLIM

Hop limit, 0 to 255. Default is 250.

=item CLASS

Traffic class, 0 to 255. Default is 0.

=back

=h src read/write

Returns or sets the SRC parameter.

=h dst read/write

Returns or sets the DST parameter.

=h no_headroom read-only

Returns the number of packets dropped for want of room, or because they would be too long.

=e

  IP6Encap(4, 2000:10:1::2, 2000:20:1::2, HLIM 20)

=a IPEncap, StripIP6Header
*/

import { arg, element } from '../../dataplane/element.ts'
import { parseIp6 } from '../../lib/click/args.ts'
import { parseProtocol } from '../lib/ip-names.ts'
import {
  ADDRESS,
  copyIp6,
  DST_AT,
  dst6,
  IP6_HEADER,
  ip6Text,
  SRC_AT,
  setDst6,
  writeIp6Header,
} from '../lib/ip6.ts'
import { SETTINGS } from '../lib/settings.ts'

const ANNO = 'DST_ANNO'
const WRONG_DST = "DST argument should be IP address or 'DST_ANNO'"

interface Addresses {
  readonly src: Uint8Array
  readonly dst: Uint8Array
  useAnno: boolean
}

export default element({
  name: 'IP6Encap',
  ports: '1/1',
  config: {
    PROTO: arg.text().at().must(),
    SRC: arg.ip6().at().must(),
    DST: arg.text().at().must(),
    HLIM: arg.u8(250),
    CLASS: arg.u8(0),
  },
  counters: { no_headroom: 'packets dropped for want of room in front, or too long' },
  local: SETTINGS,
  reconfigures: true,

  configure(config, context) {
    const proto = parseProtocol(config.PROTO)
    if (proto === null) context.error('bad IP protocol')
    const dst = config.DST === ANNO ? null : parseIp6(config.DST, context.addresses)
    if (dst === null && config.DST !== ANNO) context.error(WRONG_DST)
    return { proto: proto ?? 0, dst: dst ?? new Uint8Array(ADDRESS), names: context.addresses }
  },

  open: (self): Addresses => ({
    src: self.config.SRC.slice(),
    dst: self.plan.dst.slice(),
    useAnno: self.config.DST === ANNO,
  }),

  action(self, p) {
    const length = p.end - p.off
    if (length > 0xffff || !p.push(IP6_HEADER)) {
      self.counters.no_headroom++
      return null
    }
    const { src, dst, useAnno } = self.resource
    const m = p.mem
    const n = p.off
    writeIp6Header(m, n, length, self.plan.proto, self.config.HLIM)
    m[n] = 0x60 | (self.config.CLASS >> 4)
    m[n + 1] = (self.config.CLASS & 15) << 4
    copyIp6(m, n + SRC_AT, src, 0)
    if (useAnno) dst6(p, m, n + DST_AT)
    else {
      copyIp6(m, n + DST_AT, dst, 0)
      setDst6(p, dst, 0)
    }
    p.net = n
    p.transport = n + IP6_HEADER
    return p
  },

  handlers: {
    src: {
      read: (self) => ip6Text(self.resource.src),
      write(self, value) {
        const addr = parseIp6(value.trim(), self.plan.names)
        if (addr === null) throw new Error(`SRC: '${value}' is not an IPv6 address`)
        self.resource.src.set(addr)
      },
    },
    dst: {
      read: (self) => (self.resource.useAnno ? ANNO : ip6Text(self.resource.dst)),
      write(self, value) {
        const useAnno = value.trim() === ANNO
        const addr = useAnno ? null : parseIp6(value.trim(), self.plan.names)
        if (addr === null && !useAnno) throw new Error(WRONG_DST)
        if (addr !== null) self.resource.dst.set(addr)
        self.resource.useAnno = useAnno
      },
    },
  },
})
