/*
=c

UDPIPEncap(SRC, SPORT, DST, DPORT [, CHECKSUM])

=s udp

encapsulates packets in static UDP/IP headers

=d

Puts a UDP and an IP header in front of each packet, and sets the IP header and destination
address annotations. The identification of the IP header counts up. A packet without room for the
headers, or too long for them, is dropped.

=over 8

=item SRC

IP address.

=item SPORT

Port: a number, or a usual name ("ssh", "www").

=item DST

IP address, or DST_ANNO: each packet's destination address annotation.

=item DPORT

Port.

=item CHECKSUM

Boolean. If true, the UDP checksum is computed. Default is true.

=back

=h src read/write

Returns or sets SRC. What is set holds on this replica; a new one starts as configured.

=h dst read/write

Returns or sets DST.

=h sport read/write

Returns or sets SPORT.

=h dport read/write

Returns or sets DPORT.

=h no_headroom read-only

Returns the number of packets dropped for want of room, or for their length.

=e

  UDPIPEncap(1.0.0.1, 1234, 2.0.0.2, 1234)

=a EtherEncap, CheckUDPHeader
*/

import { cell } from '../../dataplane/declare.ts'
import { arg, type ConfigureContext, element } from '../../dataplane/element.ts'
import { parseIp, parseU16 } from '../../lib/click/args.ts'
import { writeIp } from '../lib/arp.ts'
import { fold, pseudoSum, setIpChecksum, sumWords } from '../lib/checksum.ts'
import { PORTS } from '../lib/ip-names.ts'
import { ipText } from '../lib/text.ts'

const HEADERS = 28
const UDP = 17
const TTL = 250

export default element({
  name: 'UDPIPEncap',
  ports: '1/1',
  config: {
    SRC: arg.ip().at().must(),
    SPORT: arg.text().at().must(),
    DST: arg.text().at().must(),
    DPORT: arg.text().at().must(),
    CHECKSUM: arg.bool(true).at(),
  },
  counters: { no_headroom: 'packets dropped for want of room in front, or too long' },
  state: {
    // The identification is where it is: two replicas need not agree on it.
    setting: cell({
      version: 1,
      scope: 'local',
      reason: 'the configured header; writes to handlers are made to one replica',
      row: { src: 'i32', dst: 'i32', use_anno: 'u8', sport: 'u16', dport: 'u16', id: 'u16' },
    }),
  },

  configure(config, context) {
    const useAnno = config.DST === 'DST_ANNO'
    const dst = useAnno ? 0 : parseIp(config.DST, context.addresses)
    if (dst === null) context.error(`DST: '${config.DST}' is not an IP address`)
    return {
      dst: dst ?? 0,
      useAnno,
      sport: port('SPORT', config.SPORT, context),
      dport: port('DPORT', config.DPORT, context),
    }
  },

  initialize(self) {
    const { setting } = self.state
    setting.src = self.config.SRC
    setting.dst = self.plan.dst
    setting.use_anno = self.plan.useAnno ? 1 : 0
    setting.sport = self.plan.sport
    setting.dport = self.plan.dport
  },

  action(self, p) {
    const length = p.end - p.off + HEADERS
    if (length > 65_535 || !p.push(HEADERS)) {
      self.counters.no_headroom++
      return null
    }
    const s = self.state.setting
    const { src, sport, dport } = s
    const dst = s.use_anno !== 0 ? p.dst : s.dst
    const m = p.mem
    const n = p.off
    const t = n + 20
    const id = s.id
    s.id = (id + 1) & 0xffff
    m[n] = 0x45
    m[n + 1] = 0
    m[n + 2] = length >>> 8
    m[n + 3] = length
    m[n + 4] = id >>> 8
    m[n + 5] = id
    m[n + 6] = 0
    m[n + 7] = 0
    m[n + 8] = TTL
    m[n + 9] = UDP
    writeIp(m, n + 12, src)
    writeIp(m, n + 16, dst)
    setIpChecksum(m, n)
    writeIp(m, t, (sport << 16) | dport)
    const udpLength = length - 20
    writeIp(m, t + 4, udpLength << 16)
    if (self.config.CHECKSUM) {
      const sum = fold(sumWords(m, t, udpLength, pseudoSum(src, dst, UDP, udpLength)))
      // 0 would say that there is no checksum, so it is sent as all ones.
      const field = sum === 0xffff ? 0xffff : ~sum & 0xffff
      m[t + 6] = field >>> 8
      m[t + 7] = field
    }
    p.net = n
    p.transport = t
    p.dst = dst
    return p
  },

  handlers: {
    src: {
      read: (self) => ipText(self.state.setting.src),
      write: (self, value) => {
        self.state.setting.src = address(value)
      },
    },
    dst: {
      read: (self) =>
        self.state.setting.use_anno !== 0 ? 'DST_ANNO' : ipText(self.state.setting.dst),
      write(self, value) {
        const anno = value.trim() === 'DST_ANNO'
        if (!anno) self.state.setting.dst = address(value)
        self.state.setting.use_anno = anno ? 1 : 0
      },
    },
    sport: {
      read: (self) => String(self.state.setting.sport),
      write: (self, value) => {
        self.state.setting.sport = number(value)
      },
    },
    dport: {
      read: (self) => String(self.state.setting.dport),
      write: (self, value) => {
        self.state.setting.dport = number(value)
      },
    },
  },
})

function port(keyword: string, text: string, context: ConfigureContext): number {
  const value = parseU16(text) ?? (Object.hasOwn(PORTS, text) ? PORTS[text]! : null)
  if (value === null) context.error(`${keyword}: '${text}' is not a port`)
  return value ?? 0
}

function address(value: string): number {
  const addr = parseIp(value.trim())
  if (addr === null) throw new Error(`'${value}' is not an IP address`)
  return addr
}

function number(value: string): number {
  const port = parseU16(value.trim())
  if (port === null) throw new Error(`'${value}' is not a port`)
  return port
}
