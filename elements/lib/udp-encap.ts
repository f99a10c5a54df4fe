// UDPIPEncap and DynamicUDPIPEncap: a UDP and an IP header in front of each packet. The second
// counts the ports up every so many packets, and has no handlers.

import { cell } from '../../dataplane/declare.ts'
import {
  type AnyElement,
  arg,
  type ConfigureContext,
  element,
  type HandlerDecl,
} from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { type AddressTable, parseIp } from '../../lib/click/args.ts'
import { writeIp } from './arp.ts'
import { fold, pseudoSum, sumWords } from './checksum.ts'
import { ENCAP_TTL, IP_HEADER, setU16, UDP, writeIpHeader } from './ip-header.ts'
import { parsePort } from './ip-names.ts'
import { SETTINGS } from './settings.ts'
import { ipText } from './text.ts'

const UDP_HEADER = 8
const HEADERS = IP_HEADER + UDP_HEADER

interface Header {
  src: number
  dst: number
  useAnno: boolean
  sport: number
  dport: number
}

interface Me {
  readonly plan: { readonly header: Header; readonly addresses: AddressTable }
  readonly resource: Header
}

/** @param dynamic do the ports count up (INTERVAL)? */
export function makeUdpEncap(name: string, dynamic: boolean): AnyElement {
  return element({
    name,
    reconfigures: true,
    ports: '1/1',
    config: {
      SRC: arg.ip().at().must(),
      SPORT: arg.text().at().must(),
      DST: arg.text().at().must(),
      DPORT: arg.text().at().must(),
      CHECKSUM: arg.bool(true).at(),
      ...(dynamic ? { INTERVAL: arg.u32(0).at() } : {}),
    },
    counters: { no_headroom: 'packets dropped for want of room in front, or too long' },
    state: {
      // Identifications go on where they were; so do ports that count up.
      counts: cell({
        version: 1,
        scope: 'shared',
        merge: 'max',
        row: { id: 'u16', packets: 'u32', steps: 'u16' },
      }),
    },
    local: SETTINGS,

    configure(config, context): Me['plan'] {
      const useAnno = !dynamic && config.DST === 'DST_ANNO'
      const dst = useAnno ? 0 : parseIp(config.DST, context.addresses)
      if (dst === null) context.error(dynamic ? 'DST: bad IP address' : 'bad DST')
      const sport = port('SPORT', config.SPORT, context)
      const dport = port('DPORT', config.DPORT, context)
      const header = { src: config.SRC, dst: dst ?? 0, useAnno, sport, dport }
      return { header, addresses: context.addresses }
    },

    open: (self): Header => ({ ...self.plan.header }),

    action(self, p) {
      if (p.end - p.off + HEADERS > 0xffff || !p.push(HEADERS)) {
        self.counters.no_headroom++
        return null
      }
      const header = self.resource
      const counts = self.state.counts
      const { id, steps } = counts
      counts.id = (id + 1) & 0xffff
      encapsulate(p, header, id, steps, self.config.CHECKSUM)
      if (dynamic) countUp(counts, self.config.INTERVAL ?? 0)
      return p
    },

    handlers: dynamic ? {} : HANDLERS,
  })
}

function countUp(counts: { packets: number; steps: number }, interval: number): void {
  if (interval === 0) return
  counts.packets++
  if (counts.packets < interval) return
  counts.packets = 0
  counts.steps = (counts.steps + 1) & 0xffff
}

/** Writes the headers into the room that was made for them. */
function encapsulate(
  p: Packet,
  header: Header,
  id: number,
  steps: number,
  withChecksum: boolean,
): void {
  const m = p.mem
  const n = p.off
  const t = n + IP_HEADER
  const length = p.end - n
  const dst = header.useAnno ? p.dst : header.dst
  writeIpHeader(m, n, length, id, ENCAP_TTL, UDP, header.src, dst)
  setU16(m, t, header.sport + steps)
  setU16(m, t + 2, header.dport + steps)
  const udpLength = length - IP_HEADER
  writeIp(m, t + 4, udpLength << 16)
  if (withChecksum) {
    const sum = fold(sumWords(m, t, udpLength, pseudoSum(header.src, dst, UDP, udpLength)))
    // 0 would say that there is no checksum, so it is sent as all ones.
    setU16(m, t + 6, sum === 0xffff ? 0xffff : ~sum)
  }
  p.net = n
  p.transport = t
  p.dst = dst
}

const HANDLERS: Readonly<Record<string, HandlerDecl<Me>>> = {
  src: {
    read: (self) => ipText(self.resource.src),
    write: (self, value) => {
      self.resource.src = toAddress(self, value)
    },
  },
  dst: {
    // What is set by the annotation has no address of its own.
    read: (self) => ipText(self.resource.useAnno ? 0 : self.resource.dst),
    write(self, value) {
      const useAnno = value.trim() === 'DST_ANNO'
      if (!useAnno) self.resource.dst = toAddress(self, value)
      self.resource.useAnno = useAnno
    },
  },
  sport: {
    read: (self) => String(self.resource.sport),
    write: (self, value) => {
      self.resource.sport = toPort(self, value)
    },
  },
  dport: {
    read: (self) => String(self.resource.dport),
    write: (self, value) => {
      self.resource.dport = toPort(self, value)
    },
  },
}

function port(keyword: string, text: string, context: ConfigureContext): number {
  const value = parsePort(text, 'udp', context.addresses)
  if (value === null) context.error(`${keyword}: '${text}' is not a port`)
  return value ?? 0
}

function toAddress(self: Me, value: string): number {
  const addr = parseIp(value.trim(), self.plan.addresses)
  if (addr === null) throw new Error(`'${value}' is not an IP address`)
  return addr
}

function toPort(self: Me, value: string): number {
  const number = parsePort(value.trim(), 'udp', self.plan.addresses)
  if (number === null) throw new Error(`'${value}' is not a port`)
  return number
}
