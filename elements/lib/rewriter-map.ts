// New mappings: the decision what a flow is rewritten to, and the two rows that say so.

import { PORT_PROBES_MAX } from '../../lib/limits.ts'
import { mix } from '../../lib/steer-hash.ts'
import { type FlowRow, type Flows, makeRoom, REPLY, type Rewriter } from './rewriter-flows.ts'
import { swapped } from './rewriter-packet.ts'
import { classStart, fits, fittingClass } from './rewriter-ports.ts'
import { type InputSpec, type Pattern, PREFER_OWN, RANDOM, SEQUENTIAL } from './rewriter-spec.ts'

export interface Mapper extends Rewriter {
  readonly counters: { mapping_failures: number; no_port: number }
  readonly state: Rewriter['state'] & {
    readonly sequence: SequenceTable
  }
}
interface SequenceTable {
  insert(bucket: number, input: number): { next: number } | null
}

/**
 * Maps a flow by an input's specification. False: it cannot be mapped; counted.
 * @param bucket of the flow as received
 */
export function makeMapping(
  self: Mapper,
  spec: InputSpec,
  input: number,
  saddr: number,
  daddr: number,
  ports: number,
  proto: number,
  bucket: number,
): boolean {
  const { flows } = self.state
  const pattern = spec.pattern
  if (!makeRoom(self, proto)) return failed(self)
  const newSaddr = pattern.keepSaddr ? saddr : pattern.saddr
  const newDaddr = pattern.keepDaddr ? daddr : pattern.daddr
  // An ICMP echo has no destination port to set.
  const dport = pattern.dport < 0 || (ports & 0xffff) === 0 ? ports & 0xffff : pattern.dport
  const want: Wanted = { saddr, daddr, ports, proto, newSaddr, newDaddr, dport, bucket }
  const sport = choosePort(self, pattern, input, want)
  if (sport < 0) {
    self.counters.no_port++
    return failed(self)
  }
  const newPorts = (sport << 16) | dport
  const forward = flows.insert(bucket, saddr, daddr, ports, proto)
  if (forward === null) return failed(self)
  fill(self, forward, newSaddr, newDaddr, newPorts, spec.forward, 0)
  const reply = flows.insert(bucket, newDaddr, newSaddr, swapped(newPorts), proto)
  if (reply === null) {
    flows.remove(saddr, daddr, ports, proto)
    return failed(self)
  }
  fill(self, reply, daddr, saddr, swapped(ports), spec.reply, REPLY)
  return true
}

function failed(self: Mapper): boolean {
  self.counters.mapping_failures++
  return false
}

function fill(
  self: Mapper,
  row: FlowRow,
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
}

/** A flow, and what is settled of its mapping before the port is chosen. */
interface Wanted {
  readonly saddr: number
  readonly daddr: number
  readonly ports: number
  readonly proto: number
  readonly newSaddr: number
  readonly newDaddr: number
  readonly dport: number
  readonly bucket: number
}

/** The source port of a mapping; -1: none is free, or none in the range fits the bucket. */
function choosePort(self: Mapper, pattern: Pattern, input: number, want: Wanted): number {
  const { flows } = self.state
  const own = want.ports >>> 16
  const { low, high, choice } = pattern
  if (low < 0) return isFree(flows, want, own) ? own : -1
  if (low === high) return isFree(flows, want, low) ? low : -1
  const log2 = self.router.bucketsLog2
  const wanted = fittingClass(want.bucket, want.newSaddr, want.newDaddr, want.dport, log2)
  if (choice === SEQUENTIAL) return chooseNext(self, pattern, input, want, wanted)
  if (choice === PREFER_OWN && own >= low && own <= high && own > 0 && fits(own, wanted, log2)) {
    if (isFree(flows, want, own)) return own
  }
  const { ports } = pattern.ports
  const first = classStart(pattern.ports, wanted, log2)
  const count = classStart(pattern.ports, wanted + 1, log2) - first
  if (count === 0) return -1
  // Every remote end has the same fitting ports, so starting where the inside endpoint says gives
  // it the same outside port for all of them, as long as that is free (RFC 4787, REQ-1).
  const endpoint = mix(mix(want.saddr ^ Math.imul(own + 1, 0x9e3779b1)) ^ want.proto)
  const start =
    choice === RANDOM ? Math.floor(self.router.random() * count) : (endpoint >>> 0) % count
  for (let i = 0; i < count && i < PORT_PROBES_MAX; i++) {
    const port = ports[first + ((start + i) % count)]!
    if (isFree(flows, want, port)) return port
  }
  return -1
}

/** Ports in turn, from the one after the last that this input gave out. */
function chooseNext(
  self: Mapper,
  pattern: Pattern,
  input: number,
  want: Wanted,
  wanted: number,
): number {
  const { low, high } = pattern
  const turn = self.state.sequence.insert(-1, input)
  let port = turn === null || turn.next < low || turn.next > high ? low : turn.next
  let probes = 0
  for (let i = low; i <= high && probes < PORT_PROBES_MAX; i++) {
    const next = port === high ? low : port + 1
    if (port > 0 && fits(port, wanted, self.router.bucketsLog2)) {
      probes++
      if (isFree(self.state.flows, want, port)) {
        if (turn !== null) turn.next = next
        return port
      }
    }
    port = next
  }
  return -1
}

/** May replies to this port be ours: is there no mapping for them, or one that was this flow's? */
function isFree(flows: Flows, want: Wanted, port: number): boolean {
  const ports = (want.dport << 16) | port
  const row = flows.peek(want.newDaddr, want.newSaddr, ports, want.proto)
  if (row === null) return true
  // The flow's own reply row, whose forward row went first.
  return (
    row.new_daddr === want.saddr &&
    row.new_saddr === want.daddr &&
    row.new_ports === swapped(want.ports)
  )
}
