// IPRewriter's handlers: its mappings as text, its capacity.

import type { HandlerDecl } from '../../dataplane/element.ts'
import { parseIp, parseU16, splitSpaces } from '../../lib/click/args.ts'
import { NAT_MAPPINGS_MAX } from '../../lib/limits.ts'
import type { RewriterPlan } from './rewriter-config.ts'
import { type FlowRow, otherOf, REPLY, type Rewriter, shrink } from './rewriter-flows.ts'
import { ICMP, TCP, UDP } from './rewriter-packet.ts'
import { PATTERN, patternText } from './rewriter-spec.ts'
import { ipText } from './text.ts'

interface Me extends Rewriter {
  readonly plan: RewriterPlan
}

const PROTOCOLS: Readonly<Record<number, string>> = { [TCP]: 'tcp', [UDP]: 'udp', [ICMP]: 'icmp' }

export function rewriterHandlers(accounting: boolean): Record<string, HandlerDecl<Me>> {
  const mappings = { read: (self: Me) => String(mappingsOf(self)) }
  const all = { read: (self: Me) => tableText(self, -1, accounting) }
  return {
    table: all,
    mapping_table: all,
    tcp_table: { read: (self) => tableText(self, TCP, accounting) },
    udp_table: { read: (self) => tableText(self, UDP, accounting) },
    icmp_table: { read: (self) => tableText(self, ICMP, accounting) },
    table_size: mappings,
    nmappings: mappings,
    size: mappings,
    capacity: {
      read: (self) => String(self.state.limits.mappings),
      write(self, value) {
        const capacity = Number(splitSpaces(value)[0])
        if (!Number.isInteger(capacity) || capacity < 1 || capacity > NAT_MAPPINGS_MAX)
          throw new Error(`'${value}' is not a number from 1 to ${NAT_MAPPINGS_MAX}`)
        self.state.limits.mappings = capacity
        shrink(self)
      },
    },
    patterns: {
      read: (self) =>
        self.plan.specs
          .filter((spec) => spec.kind === PATTERN)
          .map((spec) => `${patternText(spec.pattern)}\n`)
          .join(''),
    },
    tcp_lookup: { read: (self, flow) => lookup(self, flow, TCP) },
    udp_lookup: { read: (self, flow) => lookup(self, flow, UDP) },
  }
}

function mappingsOf(self: Me): number {
  // A mapping has two rows, or one while the sweep takes it apart.
  return Math.ceil(self.state.flows.size / 2)
}

function tableText(self: Me, proto: number, accounting: boolean): string {
  let text = ''
  self.state.flows.each((row) => {
    if ((row.flags & REPLY) !== 0 || (proto >= 0 && row.proto !== proto)) return
    text += mappingText(self, row, accounting)
  })
  return text
}

/** '(S, s, D, d, tcp) => (E, e, D, d) [*0 1] 12s', then what it has carried each way. */
function mappingText(self: Me, row: FlowRow, accounting: boolean): string {
  const reply = otherOf(self, row)
  const from = `${flowText(row.saddr, row.daddr, row.ports)}, ${PROTOCOLS[row.proto]}`
  const to = flowText(row.new_saddr, row.new_daddr, row.new_ports)
  const seen = reply === null ? row.seen : Math.max(row.seen, reply.seen)
  const idle = ((self.router.nowMs - seen) / 1000).toFixed(1)
  const outputs = `[*${row.output} ${reply === null ? '-' : reply.output}]`
  const head = `(${from}) => (${to}) ${outputs} idle ${idle}s`
  if (!accounting) return `${head}\n`
  const back =
    reply === null ? '0 packets 0 bytes' : `${reply.packets} packets ${reply.bytes} bytes`
  return `${head}, out ${row.packets} packets ${row.bytes} bytes, back ${back}\n`
}

function flowText(saddr: number, daddr: number, ports: number): string {
  return `${ipText(saddr)}, ${ports >>> 16}, ${ipText(daddr)}, ${ports & 0xffff}`
}

/** What a flow 'saddr sport daddr dport' is rewritten to, in the same form; '' where it is not. */
function lookup(self: Me, flow: string, proto: number): string {
  const [saddrText, sportText, daddrText, dportText] = splitSpaces(flow)
  const saddr = parseIp(saddrText ?? '')
  const sport = parseU16(sportText ?? '')
  const daddr = parseIp(daddrText ?? '')
  const dport = parseU16(dportText ?? '')
  if (saddr === null || sport === null || daddr === null || dport === null)
    throw new Error(`'${flow}' is not a flow 'SADDR SPORT DADDR DPORT'`)
  const row = self.state.flows.get(saddr, daddr, (sport << 16) | dport, proto)
  if (row === null) return ''
  const { new_saddr, new_daddr, new_ports } = row
  const text = flowText(new_saddr, new_daddr, new_ports)
  return text.replaceAll(',', '')
}
