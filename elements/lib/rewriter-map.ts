// New mappings: what a flow is rewritten to, and the two rows that say so.

import { table } from '../../dataplane/declare.ts'
import { drawBelow } from '../../lib/click/random.ts'
import { PORT_PROBES_MAX } from '../../lib/limits.ts'
import { mix } from '../../lib/steer-hash.ts'
import type { RewriterPlan } from './rewriter-config.ts'
import { type FlowRow, isOver, REPLY, type Rewriter, removeMapping } from './rewriter-flows.ts'
import { ICMP, swapped } from './rewriter-packet.ts'
import { type Pattern, PREFER_OWN, SEQUENTIAL } from './rewriter-pattern.ts'
import { classStart, fits, fittingClass } from './rewriter-ports.ts'
import { makeRoom } from './rewriter-room.ts'
import { type InputSpec, KEEP, MAPPER, PATTERN } from './rewriter-spec.ts'

/** Which value of its range each pattern takes next. Shared, so that a new owner goes on with it. */
export const turnsTable = table({
  version: 1,
  scope: 'shared',
  merge: 'last_writer',
  key: { pattern: 'u16' },
  row: { next: 'u32' },
  capacity: 65_536,
})
interface Turns {
  insert(bucket: number, pattern: number): { next: number } | null
}

export interface Mapper extends Rewriter {
  readonly plan: RewriterPlan
  readonly counters: { mapping_failures: number; no_port: number }
  readonly state: Rewriter['state'] & { readonly turns: Turns }
}

/** An element that chooses among patterns: RoundRobinIPMapper and its like. */
export interface PatternChooser {
  readonly name: string
  readonly plan: {
    readonly specs: readonly InputSpec[]
    /** Says which pattern is tried first for a flow, and how many in turn from there on. */
    tries(self: PatternChooser, saddr: number): { first: number; count: number }
    /** Hears which pattern was tried last. */
    tried(self: PatternChooser, index: number): void
  }
}

/** A flow as it is received. */
export interface Flow {
  readonly saddr: number
  readonly daddr: number
  readonly ports: number
  /** Of the table's keys. */
  readonly proto: number
  readonly bucket: number
  /** Of its first packet. */
  readonly protocol: number
  readonly annotation: number
}

interface Rewritten {
  readonly saddr: number
  readonly daddr: number
  readonly ports: number
  readonly forward: number
  readonly reply: number
}

/** Maps a flow as an input's specification says. False: it cannot be mapped; counted. */
export function makeMapping(self: Mapper, spec: InputSpec, input: number, flow: Flow): boolean {
  const to = rewritten(self, spec, flow)
  if (to === null) {
    self.counters.no_port++
    return failed(self)
  }
  return fitsFamily(self, to) && store(self, input, flow, to)
}

function failed(self: Mapper): boolean {
  self.counters.mapping_failures++
  return false
}

/** Of rewriters of addresses: a pattern that sets more makes no mapping. */
function fitsFamily(self: Mapper, to: Rewritten): boolean {
  if (self.plan.family !== 'address') return true
  return to.ports === 0 && (!self.plan.sourceOnly || to.daddr === 0)
}

function rewritten(self: Mapper, spec: InputSpec, flow: Flow): Rewritten | null {
  if (spec.kind === KEEP) return { ...flow, forward: spec.forward, reply: spec.reply }
  if (spec.kind === PATTERN) return applied(self, spec, flow)
  if (spec.kind !== MAPPER) return null
  const mapper = self.router.element(spec.mapper) as PatternChooser
  const { specs, tries, tried } = mapper.plan
  const { first, count } = tries(mapper, flow.saddr)
  for (let i = 0; i < count; i++) {
    const index = (first + i) % specs.length
    tried(mapper, index)
    const to = applied(self, specs[index]!, flow)
    if (to !== null) return to
  }
  return null
}

/** What a pattern makes of a flow; null: no value of its range is free. */
function applied(self: Mapper, spec: InputSpec, flow: Flow): Rewritten | null {
  const { pattern, forward, reply } = spec
  const saddr = pattern.saddr === 0 ? flow.saddr : pattern.saddr
  const daddr = pattern.daddr === 0 ? flow.daddr : pattern.daddr
  const sport = pattern.sport === 0 ? flow.ports >>> 16 : pattern.sport
  // An ICMP echo has no destination port to set.
  const keepDport = pattern.dport === 0 || flow.proto === ICMP
  const dport = keepDport ? flow.ports & 0xffff : pattern.dport
  const fixed = { saddr, daddr, ports: (sport << 16) | dport, forward, reply }
  if (pattern.top === 0) return fixed
  const value = choose(self, pattern, flow, fixed)
  if (value < 0) return null
  const turn = turnsOf(self, pattern).insert(-1, pattern.turn)
  if (turn !== null) turn.next = value + 1
  if (!pattern.ofPorts) return { ...fixed, saddr: (pattern.saddr + value) | 0 }
  return { ...fixed, ports: ((pattern.sport + value) << 16) | dport }
}

function turnsOf(self: Mapper, pattern: Pattern): Turns {
  if (pattern.holder === self.name) return self.state.turns
  return self.router.element(pattern.holder).state.turns
}

/** Which value of a pattern's range, from 0 on; -1: none is free, or none fits the bucket. */
function choose(self: Mapper, pattern: Pattern, flow: Flow, fixed: Rewritten): number {
  const { top, choice, ofPorts } = pattern
  const log2 = ofPorts ? self.router.bucketsLog2 : 0
  const dport = fixed.ports & 0xffff
  const wanted = log2 === 0 ? 0 : fittingClass(flow.bucket, fixed.saddr, fixed.daddr, dport, log2)
  const own = ((flow.ports >>> 16) - (ofPorts ? pattern.sport : pattern.saddr)) >>> 0
  if (choice === PREFER_OWN && own <= top && fits(flow.ports >>> 16, wanted, log2)) {
    if (isFree(self, pattern, fixed, own, flow)) return own
  }
  if (log2 > 0 && choice !== SEQUENTIAL) return chooseFitting(self, pattern, flow, fixed, wanted)
  let value: number
  if (choice === SEQUENTIAL) {
    const next = turnsOf(self, pattern).insert(-1, pattern.turn)?.next ?? 0
    value = next > top ? 0 : next
  } else value = drawBelow(() => self.router.random(), top + 1)
  for (let i = 0, probes = 0; i <= top && probes < PORT_PROBES_MAX; i++) {
    if (log2 === 0 || fits(pattern.sport + value, wanted, log2)) {
      probes++
      if (isFree(self, pattern, fixed, value, flow)) return value
    }
    value = value === top ? 0 : value + 1
  }
  return -1
}

/**
 * A port of those that bring replies to the flow's bucket. Every remote end has the same fitting
 * ports, so starting where the inside endpoint says gives it the same outside port for all of them,
 * as long as that is free (RFC 4787, REQ-1).
 */
function chooseFitting(
  self: Mapper,
  pattern: Pattern,
  flow: Flow,
  fixed: Rewritten,
  wanted: number,
): number {
  const { ports } = pattern.ports
  const log2 = self.router.bucketsLog2
  const first = classStart(pattern.ports, wanted, log2)
  const count = classStart(pattern.ports, wanted + 1, log2) - first
  if (count === 0) return -1
  const own = flow.ports >>> 16
  const endpoint = mix(mix(flow.saddr ^ Math.imul(own + 1, 0x9e3779b1)) ^ flow.proto)
  const start =
    pattern.choice === PREFER_OWN
      ? (endpoint >>> 0) % count
      : Math.floor(self.router.random() * count)
  for (let i = 0; i < count && i < PORT_PROBES_MAX; i++) {
    const value = ports[first + ((start + i) % count)]! - pattern.sport
    if (isFree(self, pattern, fixed, value, flow)) return value
  }
  return -1
}

/** May replies to this value be ours: is there no mapping for them? */
function isFree(
  self: Mapper,
  pattern: Pattern,
  fixed: Rewritten,
  value: number,
  flow: Flow,
): boolean {
  const dport = fixed.ports & 0xffff
  const sport = pattern.ofPorts ? pattern.sport + value : fixed.ports >>> 16
  const saddr = pattern.ofPorts ? fixed.saddr : (pattern.saddr + value) | 0
  const row = self.state.flows.get(fixed.daddr, saddr, (dport << 16) | sport, flow.proto)
  return row === null || isOver(self, row)
}

/** Makes the rows. A mapping that had the same replies goes: the new one displaces it. */
function store(self: Mapper, input: number, flow: Flow, to: Rewritten): boolean {
  const { flows } = self.state
  const back = swapped(to.ports)
  const old = flows.get(to.daddr, to.saddr, back, flow.proto)
  if (old !== null) removeMapping(self, old)
  if (!makeRoom(self, flow.proto)) return failed(self)
  const forward = flows.insert(flow.bucket, flow.saddr, flow.daddr, flow.ports, flow.proto)
  if (forward === null) return failed(self)
  fill(self, forward, input, flow, to.saddr, to.daddr, to.ports, to.forward, 0)
  const reply = flows.insert(flow.bucket, to.daddr, to.saddr, back, flow.proto)
  if (reply === null) {
    flows.remove(flow.saddr, flow.daddr, flow.ports, flow.proto)
    return failed(self)
  }
  fill(self, reply, input, flow, flow.daddr, flow.saddr, swapped(flow.ports), to.reply, REPLY)
  return true
}

function fill(
  self: Mapper,
  row: FlowRow,
  input: number,
  flow: Flow,
  saddr: number,
  daddr: number,
  ports: number,
  output: number,
  flags: number,
): void {
  row.new_saddr = saddr
  row.new_daddr = daddr
  row.new_ports = ports
  row.output = output
  row.flags = flags
  row.seen = self.router.nowMs
  if (!self.plan.owned) return
  row.input = input
  row.protocol = flow.protocol
  row.annotation = flow.annotation
}
