// Rewriters of addresses and ports: IPRewriter, TCPRewriter and UDPRewriter. Here is the packet
// path; what the parts do is in rewriter-spec and rewriter-pattern (configuration), rewriter-flows
// (mappings), rewriter-map (new ones), rewriter-ports (which ports), rewriter-packet (bytes).

import { type AnyElement, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { readIp } from './arp.ts'
import {
  admit,
  annotate,
  backOf,
  mappingOf,
  other,
  REWRITER,
  type RewriterSelf,
  rewriterState,
} from './rewriter-base.ts'
import { configureRewriter } from './rewriter-config.ts'
import {
  DATA,
  FIN,
  type FlowRow,
  isOver,
  otherOf,
  PACKET,
  PACKETS,
  RESET,
  SHIFTED,
} from './rewriter-flows.ts'
import { rewriterHandlers } from './rewriter-handlers.ts'
import {
  DCCP,
  ICMP,
  isEcho,
  isEchoReply,
  isIcmpError,
  portsOf,
  quotesFlow,
  rewrite,
  rewriteError,
  swapped,
  TCP,
  UDP,
} from './rewriter-packet.ts'
import { shiftPacket } from './rewriter-shift.ts'

export interface RewriterOptions {
  readonly name: 'IPRewriter' | 'TCPRewriter' | 'UDPRewriter'
  readonly family: 'ip' | 'tcp' | 'udp'
  /** Count packets and bytes a mapping, and know who made it; false: version 1 of the table. */
  readonly accounting: boolean
}

export function makeRewriter({ name, family, accounting }: RewriterOptions): AnyElement {
  /** UDPRewriter has one space of ports for all protocols. */
  const oneSpace = family === 'udp'
  return element({
    ...REWRITER,
    name,
    state: rewriterState(accounting, name),

    configure: (_config, context) => configureRewriter(context, { family, owned: accounting }),

    route(self: RewriterSelf, p: Packet, input: number): number {
      const m = p.mem
      const n = p.net
      if (n < 0) return other(self, input)
      const t = n + ((m[n]! & 15) << 2)
      const protocol = m[n + 9]!
      const offset = ((m[n + 6]! & 0x1f) << 8) | m[n + 7]!
      if (t + 8 > p.end || offset !== 0) return other(self, input)
      if (protocol !== TCP && protocol !== UDP) {
        if (protocol === ICMP && self.plan.icmp) {
          if (isIcmpError(m, t)) return error(self, p, n, t, input)
          if (!isEcho(m, t)) return other(self, input)
        } else if (protocol !== DCCP || !oneSpace) return other(self, input)
      } else if (protocol === UDP && family === 'tcp') return other(self, input)
      const proto = oneSpace ? UDP : protocol
      const saddr = readIp(m, n + 12)
      const daddr = readIp(m, n + 16)
      const ports = portsOf(m, t, protocol)
      let row = self.state.flows.get(saddr, daddr, ports, proto)
      let output: number
      if (row !== null && !isOver(self, row)) {
        output = row.output
      } else {
        // Of ICMP only an echo request starts anything.
        const orphan = protocol === ICMP && isEchoReply(m, t)
        output = admit(self, p, input, saddr, daddr, ports, proto, orphan)
        if (output < 0) return output
        row = self.state.flows.get(saddr, daddr, ports, proto)
        if (row === null) return output // passed without a mapping
      }
      const shifted = oneSpace ? notePacket(self, row) : note(self, row, m, n, t, p.end)
      if (accounting) {
        row.packets += 1
        row.bytes += p.end - n
      }
      const { new_saddr, new_daddr, new_ports } = row
      rewrite(m, n, t, p.end, protocol, saddr, daddr, ports, new_saddr, new_daddr, new_ports)
      if (self.plan.setDst) p.dst = new_daddr
      if (self.plan.replyAnno >= 0) annotate(row, p, self.plan.replyAnno)
      if (shifted) shiftPacket(self, m, t, p.end, [saddr, daddr, ports], backOf(row))
      return output
    },

    handlers: rewriterHandlers(family, accounting),
  })
}

/** Notes in the row what the packet tells of the flow. Are its sequence numbers shifted? */
function note(
  self: RewriterSelf,
  row: FlowRow,
  m: Uint8Array,
  n: number,
  t: number,
  end: number,
): boolean {
  if (m[n + 9] !== TCP) return notePacket(self, row)
  row.seen = self.router.nowMs
  const flags = row.flags
  if (t + 18 > end) return false
  let now = flags
  const control = m[t + 13]!
  // Looked for only while it tells something.
  const payload = (flags & (DATA | FIN | RESET)) !== DATA && hasPayload(m, n, t)
  if ((control & 4) !== 0) {
    now |= FIN
    const back = otherOf(self, row)
    if (back !== null) back.flags |= FIN
  } else if ((control & 1) !== 0) now |= FIN
  else if (payload || (control & 2) !== 0) now &= ~(FIN | RESET)
  if (payload) now |= DATA
  if (now !== flags) row.flags = now
  return (now & SHIFTED) !== 0
}

function hasPayload(m: Uint8Array, n: number, t: number): boolean {
  return ((m[n]! & 15) + (m[t + 12]! >> 4)) << 2 < ((m[n + 2]! << 8) | m[n + 3]!)
}

function notePacket(self: RewriterSelf, row: FlowRow): boolean {
  row.seen = self.router.nowMs
  const flags = row.flags
  if ((flags & PACKETS) !== PACKETS) row.flags = flags + PACKET
  return false
}

/**
 * An ICMP error: what it quotes is a packet of the opposite direction, as it looks on this side. It
 * is turned into what it looked like on the other side, and the error goes where that came from.
 */
function error(self: RewriterSelf, p: Packet, n: number, t: number, input: number): number {
  const m = p.mem
  if (!quotesFlow(m, t, p.end)) return other(self, input)
  const q = t + 8
  const proto = m[q + 9]!
  const ports = portsOf(m, q + ((m[q]! & 15) << 2), proto)
  const quotedSaddr = readIp(m, q + 12)
  const quotedDaddr = readIp(m, q + 16)
  const row = mappingOf(self, quotedDaddr, quotedSaddr, swapped(ports), proto)
  if (row === null) return other(self, input)
  const { new_saddr, new_daddr, new_ports, output } = row
  // Where the flow's own end sends the error, or its side is hidden, the new source speaks for it.
  const saddr = readIp(m, n + 12)
  const hidden = new_saddr !== row.saddr || saddr === quotedDaddr
  rewriteError(
    m,
    n,
    t,
    p.end,
    { saddr: hidden ? new_saddr : saddr, daddr: new_daddr },
    { saddr: quotedSaddr, daddr: quotedDaddr, ports },
    { saddr: new_daddr, daddr: new_saddr, ports: swapped(new_ports) },
    proto,
  )
  if (self.plan.setDst) p.dst = new_daddr
  if (self.plan.replyAnno >= 0) annotate(row, p, self.plan.replyAnno)
  return output
}
