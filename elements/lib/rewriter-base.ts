// What all rewriters have in common: counters, state, settings, and what a packet without a mapping
// meets. Each class adds which packets it takes and how it rewrites them (rewriter.ts: ports,
// rewriter-address.ts: addresses; ICMPPingRewriter: identifiers).

import { cell } from '../../dataplane/declare.ts'
import { DROP, type ErrorContext } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { annoByte, setAnnoByte } from './anno.ts'
import type { RewriterPlan } from './rewriter-config.ts'
import {
  type FlowRow,
  flowsTable,
  isOver,
  type Live,
  otherOf,
  REPLY,
  reaperCell,
} from './rewriter-flows.ts'
import { type Mapper, makeMapping, type PatternChooser, turnsTable } from './rewriter-map.ts'
import { swapped } from './rewriter-packet.ts'
import { homeOf } from './rewriter-ports.ts'
import { joinCapacity } from './rewriter-room.ts'
import { type Shifter, shiftsTable } from './rewriter-shift.ts'
import { DROPPED, MAPPER, PASS } from './rewriter-spec.ts'
import { takenAsIs, takenFlows } from './rewriter-takes.ts'
import { SETTINGS } from './settings.ts'

export interface RewriterSelf extends Mapper {
  readonly className: string
  readonly noutputs: number
  readonly counters: Mapper['counters'] & { unmapped: number; unsupported: number }
  readonly state: Mapper['state'] & { readonly shifts: Shifter['state']['shifts'] }
}

/**
 * @param accounting count packets and bytes a mapping; false: version 1 of the table
 * @param name of the class; which others it takes state of follows from it
 */
export function rewriterState(accounting: boolean, name = '') {
  return {
    flows: accounting ? { ...flowsTable(true), takes: takenFlows(name) } : flowsTable(false),
    shifts: { ...shiftsTable, takes: takenAsIs(name, 'shifts') },
    turns: { ...turnsTable, takes: takenAsIs(name, 'turns') },
    reaper: { ...reaperCell, takes: takenAsIs(name, 'reaper') },
    limits: cell({
      version: 1,
      scope: 'local',
      reason: 'the configured capacity; a write to the handler is made to one replica',
      row: { mappings: 'u32' },
    }),
  } as const
}

/** The parts of an element that are the same for all. */
export const REWRITER = {
  ports: '1-/1-',
  processing: 'h/h',
  config: 'raw',
  counters: {
    mapping_failures: 'new flows dropped: no port, or at capacity',
    no_port: 'new flows dropped for want of an outside port',
    unmapped: 'packets without a mapping dropped by their input',
    unsupported: 'packets dropped that cannot be mapped: fragments, other protocols',
  },
  local: SETTINGS,
  open: (self: { readonly plan: RewriterPlan; readonly name: string }): Live => ({
    specs: [...self.plan.specs],
    root: self.name,
    members: [],
  }),
  initialize(self: RewriterSelf, context: ErrorContext) {
    const { limits, reaper } = self.state
    limits.mappings = self.plan.capacity
    reaper.started = self.router.nowMs
    reaper.forced = self.router.nowMs
    reaper.swept = self.router.nowMs
    joinCapacity(self)
    checkMappers(self, context)
  },
} as const

/** Patterns of mappers name outputs of the rewriters that use them. */
function checkMappers(self: RewriterSelf, context: ErrorContext): void {
  for (const [i, spec] of self.plan.specs.entries()) {
    if (spec.kind !== MAPPER) continue
    const mapper = self.router.element(spec.mapper) as PatternChooser & { className: string }
    for (const [k, { forward, reply }] of mapper.plan.specs.entries())
      if (Math.max(forward, reply) >= self.noutputs || Math.min(forward, reply) < 0)
        context.error(
          `input spec ${i}: output port out of range in ${mapper.name} :: ${mapper.className} pattern ${k}`,
        )
  }
}

/** A packet that no mapping can be for: only 'pass' inputs let it through. */
export function other(self: RewriterSelf, input: number): number {
  const spec = self.resource.specs[input]!
  if (spec.kind === PASS) return spec.forward
  self.counters.unsupported++
  return DROP
}

/** The row of a flow, if it has one that is still in force. */
export function mappingOf(
  self: RewriterSelf,
  saddr: number,
  daddr: number,
  ports: number,
  proto: number,
): FlowRow | null {
  const row = self.state.flows.get(saddr, daddr, ports, proto)
  return row === null || isOver(self, row) ? null : row
}

/**
 * A packet without a mapping: what its input says. The output that it goes to, with or without a
 * mapping made; or DROP.
 * @param orphan it may not start a flow: an answer that nobody asked for
 */
export function admit(
  self: RewriterSelf,
  p: Packet,
  input: number,
  saddr: number,
  daddr: number,
  ports: number,
  proto: number,
  orphan: boolean,
): number {
  const spec = self.resource.specs[input]!
  if (spec.kind === PASS) return spec.forward
  if (spec.kind === DROPPED || orphan) {
    self.counters.unmapped++
    return DROP
  }
  const { replyAnno } = self.plan
  const annotation = replyAnno < 0 ? 0 : annoByte(p, replyAnno)
  const n = p.net
  // A first fragment was steered by its addresses alone; its flow's other packets are not.
  const fragment = (p.mem[n + 6]! & 0x20) !== 0
  const log2 = self.router.bucketsLog2
  const bucket =
    p.bucket < 0 || fragment ? homeOf(saddr, daddr, ports >>> 16, ports & 0xffff, log2) : p.bucket
  const protocol = p.mem[n + 9]!
  const flow = { saddr, daddr, ports, proto, bucket, protocol, annotation }
  if (!makeMapping(self, spec, input, flow)) return DROP
  // By its row: an input with a mapper has another output for each pattern. A flow that is its own
  // reply has only the reply's row, and goes forward this once.
  const row = self.state.flows.get(saddr, daddr, ports, proto)
  if (row === null) return DROP
  if ((row.flags & REPLY) === 0 || spec.kind === MAPPER) return row.output
  return spec.forward
}

/** Gives a reply the annotation that its flow's first packet had. */
export function annotate(row: FlowRow, p: Packet, offset: number): void {
  if ((row.flags & REPLY) !== 0) setAnnoByte(p, offset, row.annotation)
}

/**
 * For other elements: the row of a flow (from the reply's view with `reply`), whatever class of
 * rewriter it is; null: none, or of another protocol.
 */
export function entryOf(
  self: RewriterSelf,
  protocol: number,
  saddr: number,
  daddr: number,
  ports: number,
): FlowRow | null {
  const key = keyOf(self, protocol, saddr, daddr, ports)
  if (key === null) return null
  let row = mappingOf(self, key[0], key[1], key[2], key[3])
  if (row === null && self.plan.sourceOnly) row = mappingOf(self, 0, daddr, 0, 0)
  return row !== null && protocolFits(self, row, protocol) ? row : null
}

/** The table's key for a flow, by class; null: the class does not map such flows. */
function keyOf(
  self: RewriterSelf,
  protocol: number,
  saddr: number,
  daddr: number,
  ports: number,
): [number, number, number, number] | null {
  switch (self.plan.family) {
    case 'address':
      return [saddr, self.plan.sourceOnly ? 0 : daddr, 0, 0]
    case 'udp':
      return [saddr, daddr, ports, 17]
    case 'ping':
      return protocol === 1 ? [saddr, daddr, ports, 1] : null
    case 'tcp':
      return [saddr, daddr, ports, 6]
    default:
      return protocol === 6 || protocol === 17 || (protocol === 1 && self.plan.icmp)
        ? [saddr, daddr, ports, protocol]
        : null
  }
}

function protocolFits(self: RewriterSelf, row: FlowRow, protocol: number): boolean {
  if (self.plan.family === 'tcp') return protocol === 6
  if (self.plan.family !== 'udp') return true
  const main = (row.flags & REPLY) === 0 ? row : otherOf(self, row)
  return main === null || main.protocol === protocol
}

/** For other elements: the row of a flow, made as if its first packet had come by `input`. */
export function makeEntry(
  self: RewriterSelf,
  protocol: number,
  saddr: number,
  daddr: number,
  ports: number,
  input: number,
  annotation: number,
  bucket: number,
): FlowRow | null {
  const known = entryOf(self, protocol, saddr, daddr, ports)
  const key = keyOf(self, protocol, saddr, daddr, ports)
  if (known !== null || key === null) return known
  const spec = self.resource.specs[input]!
  if (spec.kind === DROPPED || spec.kind === PASS) return null
  const [s, d, both, proto] = key
  const flow = { saddr: s, daddr: d, ports: both, proto, bucket, protocol, annotation }
  return makeMapping(self, spec, input, flow) ? self.state.flows.get(s, d, both, proto) : null
}

/** What a row's flow becomes, turned round: as a packet of the other direction has it. */
export function backOf(row: FlowRow): readonly [number, number, number] {
  return [row.new_daddr, row.new_saddr, swapped(row.new_ports)]
}
