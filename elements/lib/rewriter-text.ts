// Mappings as text. As Click prints them, a line a direction, the one that is meant starred:
//
//   (S, s, D, d) => (E, e, D, d) [*0 1] i0 exp300
//   (D, d, E, e) => (D, d, S, s) [0 *1] i0 exp300
//
// 'i' is the input that made the mapping, 'exp' the seconds until it times out. The other form, of
// `table` and `mapping_table` of IPRewriter, is a line a mapping, with what it has carried.

import { backOf, type RewriterSelf } from './rewriter-base.ts'
import type { Family } from './rewriter-config.ts'
import { expiryOf, type FlowRow, isMain, otherOf, REPLY, reap } from './rewriter-flows.ts'
import { ICMP, TCP, UDP } from './rewriter-packet.ts'
import { shiftOf } from './rewriter-shift.ts'
import { ipText } from './text.ts'

const PROTOCOLS: Readonly<Record<number, string>> = { [TCP]: 'tcp', [UDP]: 'udp', [ICMP]: 'icmp' }

export function flowText(saddr: number, daddr: number, ports: number): string {
  return `${ipText(saddr)}, ${ports >>> 16}, ${ipText(daddr)}, ${ports & 0xffff}`
}

/** An echo's identifier is in one of the ports, by direction. */
function pingText(saddr: number, daddr: number, ports: number): string {
  return `${ipText(saddr)}, ${ipText(daddr)}, ${(ports >>> 16) | (ports & 0xffff)}`
}

function bothText(self: RewriterSelf, row: FlowRow, family: Family): string {
  const { saddr, daddr, ports, new_saddr, new_daddr, new_ports } = row
  switch (family) {
    case 'address':
      if (self.plan.sourceOnly) return `${ipText(saddr)} => ${ipText(new_saddr)}`
      return `(${ipText(saddr)}, ${ipText(daddr)}) => (${ipText(new_saddr)}, ${ipText(new_daddr)})`
    case 'ping':
      return `(${pingText(saddr, daddr, ports)}) => (${pingText(new_saddr, new_daddr, new_ports)})`
    default:
      return `(${flowText(saddr, daddr, ports)}) => (${flowText(new_saddr, new_daddr, new_ports)})`
  }
}

type Key = readonly [number, number, number, number]

/** Mappings in the order of their flows: so that a table reads the same wherever its rows lie. */
function mappings(self: RewriterSelf, proto: number): Key[] {
  reap(self)
  const keys: Key[] = []
  self.state.flows.each((row) => {
    if (isMain(row) && (proto < 0 || row.proto === proto))
      keys.push([row.saddr, row.daddr, row.ports, row.proto])
  })
  return keys.sort(byFlow)
}

/** By source address and port, destination address and port, protocol. */
function byFlow(a: Key, b: Key): number {
  const source = (a[0] >>> 0) - (b[0] >>> 0) || (a[2] >>> 16) - (b[2] >>> 16)
  return source || (a[1] >>> 0) - (b[1] >>> 0) || a[2] - b[2] || a[3] - b[3]
}

/** Both directions of each mapping, of one protocol or (-1) all. */
export function directionsText(self: RewriterSelf, family: Family, proto: number): string {
  const { flows } = self.state
  let text = ''
  for (const key of mappings(self, proto)) {
    const row = flows.get(...key)!
    const back = backOf(row)
    text += `${directionText(self, row, family)}\n`
    const reply = flows.get(...back, key[3])
    if (reply !== null && !isMain(reply)) text += `${directionText(self, reply, family)}\n`
  }
  return text
}

function directionText(self: RewriterSelf, row: FlowRow, family: Family): string {
  const isReply = (row.flags & REPLY) !== 0
  const shift = shiftOf(self, row)
  const moved = shift === 0 ? '' : ` seq ${shift > 0 ? '+' : ''}${shift}`
  const back = otherOf(self, row)
  const [forward, reply] = [isReply ? back : row, isReply ? row : back]
  const outputs = isReply
    ? `[${forward?.output ?? '-'} *${row.output}]`
    : `[*${row.output} ${reply?.output ?? '-'}]`
  const input = self.plan.owned ? row.input : 0
  const left = Math.trunc((expiryOf(self, row) + 500 - self.router.nowMs) / 1000)
  return `${bothText(self, row, family)}${moved} ${outputs} i${input} exp${left}`
}

/** Each mapping with what it has carried. */
export function mappingsText(self: RewriterSelf, accounting: boolean): string {
  const { flows } = self.state
  return mappings(self, -1)
    .map((key) => mappingText(self, flows.get(...key)!, accounting))
    .join('')
}

/** '(S, s, D, d, tcp) => (E, e, D, d) [*0 1] idle 0.0s', then what it has carried each way. */
function mappingText(self: RewriterSelf, row: FlowRow, accounting: boolean): string {
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
