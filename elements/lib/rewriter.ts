// IPRewriter, made in two versions: with a count of packets and bytes a mapping, and without.
// Here is the packet path; what the parts do is in rewriter-spec (configuration), rewriter-flows
// (mappings), rewriter-map (new ones), rewriter-ports (which ports), rewriter-packet (bytes).

import { cell, table } from '../../dataplane/declare.ts'
import { type AnyElement, DROP, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { NAT_MAPPINGS_MAX } from '../../lib/limits.ts'
import { configureRewriter, type RewriterPlan } from './rewriter-config.ts'
import {
  DATA,
  FIN,
  type FlowRow,
  flowsTable,
  isOver,
  PACKET,
  PACKETS,
  RESET,
  type Rewriter,
} from './rewriter-flows.ts'
import { rewriterHandlers } from './rewriter-handlers.ts'
import { type Mapper, makeMapping } from './rewriter-map.ts'
import {
  ICMP,
  isEcho,
  isIcmpError,
  portsOf,
  quotesFlow,
  read32,
  rewrite,
  rewriteError,
  swapped,
  TCP,
  UDP,
} from './rewriter-packet.ts'
import { homeOf } from './rewriter-ports.ts'
import { DROPPED, PASS, PATTERN } from './rewriter-spec.ts'

export interface RewriterOptions {
  /** Count packets and bytes a mapping: version 2 of the table. */
  readonly accounting: boolean
}

interface Me extends Mapper {
  readonly plan: RewriterPlan
  readonly counters: {
    mapping_failures: number
    no_port: number
    unmapped: number
    unsupported: number
  }
}

export function makeIPRewriter({ accounting }: RewriterOptions): AnyElement {
  return element({
    name: 'IPRewriter',
    ports: '1-/1-',
    processing: 'h/h',
    config: 'raw',
    counters: {
      mapping_failures: 'new flows dropped: no port, or at capacity',
      no_port: 'new flows dropped for want of an outside port',
      unmapped: 'packets without a mapping dropped by their input',
      unsupported: 'packets dropped that cannot be mapped: fragments, other protocols',
    },
    state: {
      flows: flowsTable(accounting),
      limits: cell({
        version: 1,
        scope: 'local',
        reason: 'the configured capacity; a write to the handler is made to one replica',
        row: { mappings: 'u32' },
      }),
      sequence: table({
        version: 1,
        scope: 'local',
        reason: 'only where the search for a free port starts: any start finds a free one',
        key: { input: 'u16' },
        row: { next: 'u16' },
        capacity: 65_536,
      }),
    },

    configure: (_config, context) => configureRewriter(context),

    initialize(self) {
      self.state.limits.mappings = Math.min(self.plan.capacity, NAT_MAPPINGS_MAX)
    },

    route(self: Me, p: Packet, input: number): number {
      const m = p.mem
      const n = p.net
      if (n < 0) return other(self, input)
      const t = n + ((m[n]! & 15) << 2)
      const proto = m[n + 9]!
      const offset = ((m[n + 6]! & 0x1f) << 8) | m[n + 7]!
      if (t + 8 > p.end || offset !== 0) return other(self, input)
      if (proto !== TCP && proto !== UDP) {
        if (proto !== ICMP) return other(self, input)
        if (!isEcho(m, t))
          return isIcmpError(m, t) ? error(self, p, n, t, input) : other(self, input)
      }
      const saddr = read32(m, n + 12)
      const daddr = read32(m, n + 16)
      const ports = portsOf(m, t, proto)
      let row = self.state.flows.get(saddr, daddr, ports, proto)
      let output: number
      if (row !== null && !isOver(self, row)) {
        output = row.output
      } else {
        output = admit(self, p, n, input, saddr, daddr, ports, proto)
        if (output < 0) return output
        row = self.state.flows.get(saddr, daddr, ports, proto)
        if (row === null) return output // passed without a mapping
      }
      note(self, row, m, n, t, p.end)
      if (accounting) {
        row.packets += 1
        row.bytes += p.end - n
      }
      const { new_saddr, new_daddr, new_ports } = row
      rewrite(m, n, t, p.end, proto, saddr, daddr, ports, new_saddr, new_daddr, new_ports)
      if (self.plan.setDst) p.dst = new_daddr
      return output
    },

    handlers: rewriterHandlers(accounting),
  })
}

/** A packet that no mapping can be for: only 'pass' inputs let it through. */
function other(self: Me, input: number): number {
  const spec = self.plan.specs[input]!
  if (spec.kind === PASS) return spec.forward
  self.counters.unsupported++
  return DROP
}

/** A packet without a mapping: what its input says. */
function admit(
  self: Me,
  p: Packet,
  n: number,
  input: number,
  saddr: number,
  daddr: number,
  ports: number,
  proto: number,
): number {
  const spec = self.plan.specs[input]!
  if (spec.kind === PASS) return spec.forward
  // Of ICMP only an echo request starts anything that could get another source port.
  const orphan = proto === ICMP && ports >>> 16 === 0 && spec.kind === PATTERN
  if (spec.kind === DROPPED || orphan) {
    self.counters.unmapped++
    return DROP
  }
  // A first fragment was steered by its addresses alone; its flow's other packets are not.
  const fragment = (p.mem[n + 6]! & 0x20) !== 0
  const log2 = self.router.bucketsLog2
  const bucket =
    p.bucket < 0 || fragment ? homeOf(saddr, daddr, ports >>> 16, ports & 0xffff, log2) : p.bucket
  if (!makeMapping(self, spec, input, saddr, daddr, ports, proto, bucket)) return DROP
  return spec.forward
}

/** Notes in the row what the packet tells of the flow. */
function note(
  self: Rewriter,
  row: FlowRow,
  m: Uint8Array,
  n: number,
  t: number,
  end: number,
): void {
  row.seen = self.router.nowMs
  const flags = row.flags
  let now = flags
  if (m[n + 9] === TCP) {
    const control = m[t + 13]!
    if ((control & 4) !== 0) now |= RESET
    else if ((control & 1) !== 0) now |= FIN
    else if ((control & 2) !== 0) now &= ~(FIN | RESET)
    if ((flags & DATA) === 0 && end - t > (m[t + 12]! >> 4) << 2) now |= DATA
  } else if ((flags & PACKETS) !== PACKETS) {
    now += PACKET
  }
  if (now !== flags) row.flags = now
}

/**
 * An ICMP error: what it quotes is a packet of the opposite direction, as it looks on this side. It
 * is turned into what it looked like on the other side, and the error goes where that came from.
 */
function error(self: Me, p: Packet, n: number, t: number, input: number): number {
  const m = p.mem
  if (!quotesFlow(m, t, p.end)) return other(self, input)
  const q = t + 8
  const proto = m[q + 9]!
  const ports = portsOf(m, q + ((m[q]! & 15) << 2), proto)
  const quotedSaddr = read32(m, q + 12)
  const quotedDaddr = read32(m, q + 16)
  const row = self.state.flows.get(quotedDaddr, quotedSaddr, swapped(ports), proto)
  if (row === null || isOver(self, row)) return other(self, input)
  const { new_saddr, new_daddr, new_ports, output } = row
  // Where the flow's own end sends the error, or its side is hidden, the new source speaks for it.
  const saddr = read32(m, n + 12)
  const hidden = new_saddr !== row.saddr || saddr === quotedDaddr
  rewriteError(
    m,
    n,
    t,
    p.end,
    { saddr: hidden ? new_saddr : saddr, daddr: new_daddr },
    { saddr: new_daddr, daddr: new_saddr, ports: swapped(new_ports) },
  )
  if (self.plan.setDst) p.dst = new_daddr
  return output
}
