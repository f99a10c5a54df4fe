// A rewriter's mappings: two rows each, one for each direction, keyed by the flow as it is
// received.
//
//   (S, s, D, d) → (E, e, D, d) *forward          forward row
//   (D, d, E, e) → (D, d, S, s) *reply            reply row
//
// A row's other half is keyed by its own rewritten flow, turned round. Both belong to the bucket
// of the inside flow. All rewriters have rows of this form, so that one class can take another's:
//
//   IPRewriter, TCPRewriter   proto is the packet's
//   UDPRewriter               proto is 17: its flows of all protocols share one space of ports
//   ICMPPingRewriter          proto is 1, of a request the identifier is the source port, of a reply
//                             the destination port
//   IPAddrPairRewriter        ports and proto are 0
//   IPAddrRewriter            as well, and so is the address that does not count: (S, 0) → (E, 0)
//
// A mapping times out when both of its directions have been idle for the time that its protocol
// and state say. It is over, and no longer found, from the next reaping on; its rows then go by
// themselves, when the sweep comes to one of them.

import {
  type Columns,
  cell,
  type Row,
  type Table,
  type TableDecl,
  table,
} from '../../dataplane/declare.ts'
import type { RouterServices } from '../../dataplane/element.ts'
import { NAT_MAPPINGS_MAX } from '../../lib/limits.ts'
import { swapped, TCP } from './rewriter-packet.ts'
import type { InputSpec } from './rewriter-spec.ts'

const KEY = { saddr: 'i32', daddr: 'i32', ports: 'i32', proto: 'u8' } as const
const ROW = {
  new_saddr: 'i32',
  new_daddr: 'i32',
  /** Ports are source << 16 | destination, in the key too. */
  new_ports: 'i32',
  output: 'u16',
  flags: 'u16',
  seen: 'time',
} as const
const ACCOUNTS = { packets: 'f64', bytes: 'f64' } as const
/** Input that made the mapping, protocol of its first packet, annotation that replies get. */
const OWNER = { input: 'u16', protocol: 'u8', annotation: 'u8' } as const

const FULL = { ...ROW, ...ACCOUNTS, ...OWNER } as const
type Full = typeof FULL
export type Flows = Table<typeof KEY, Full>
export type FlowRow = Row<typeof KEY & Full>

/** Bits of `flags`; all but REPLY say what was seen in the row's own direction. */
export const REPLY = 1
/** The end of this direction: FIN, or RST of either. */
export const FIN = 2
/** Not set any more: rows of older versions have it for RST. */
export const RESET = 4
/** TCP payload. */
export const DATA = 8
/** Packets of other protocols, counted up to three. */
export const PACKET = 16
export const PACKETS = 48
/** Sequence numbers of the connection are shifted (rewriter-shift.ts). */
export const SHIFTED = 64

/** What the functions here need of a rewriter's self. */
export interface Rewriter {
  readonly name: string
  readonly plan: Timeouts
  readonly state: {
    readonly flows: Flows
    readonly limits: Row<{ mappings: 'u32' }>
    readonly reaper: Row<{ started: 'time'; forced: 'time'; swept: 'time' }>
    readonly shifts: { remove(...key: number[]): boolean; clear(): void }
  }
  readonly resource: Live
  readonly router: RouterServices
}

/** What handlers change, and which rewriters share one capacity, by full name. */
export interface Live {
  /** One an input. */
  readonly specs: InputSpec[]
  /** Whose capacity counts. Set once all elements are there. */
  root: string
  /** Of a root: all that share its capacity. */
  readonly members: string[]
}

export interface Timeouts {
  readonly tcpMs: number
  readonly tcpDoneMs: number
  readonly tcpNoDataMs: number
  readonly udpMs: number
  readonly udpStreamingMs: number
  /** The least of all: before that no row needs a closer look. */
  readonly shortestMs: number
  readonly tcpGuaranteeMs: number
  readonly udpGuaranteeMs: number
  readonly reapMs: number
}

/**
 * The table of mappings. Version 2 counts packets and bytes a row, version 3 knows who made it.
 * @param accounting false: version 1
 */
export function flowsTable(accounting: boolean): TableDecl<typeof KEY, Full> {
  const base = {
    scope: 'flow',
    key: KEY,
    capacity: NAT_MAPPINGS_MAX * 2,
    expire: {
      idle: 'seen',
      after: 1, // `afterOf` says it for all
      afterOf: (self: Rewriter) => self.plan.shortestMs / 1000,
      keep: (self: Rewriter, row: FlowRow) => !endWith(self, row),
    },
  } as const
  if (!accounting) {
    const first: unknown = table<typeof KEY, Columns>({ ...base, version: 1, row: ROW })
    return first as TableDecl<typeof KEY, Full>
  }
  return table<typeof KEY, Full>({
    ...base,
    version: 3,
    row: FULL,
    upgrade: {
      // New columns first: a spread that is added to afterwards is slow (doc/performance.md).
      1: (old) => ({ packets: 0, bytes: 0, ...old }),
      2: (old) => ({ input: 0, protocol: old.proto!, annotation: 0, ...old }),
    },
    downgrade: {
      1: ({ packets: _packets, bytes: _bytes, ...row }) => row,
      2: ({ input: _input, protocol: _protocol, annotation: _annotation, ...row }) => row,
    },
  })
}

/**
 * When mappings are reaped: every `reapMs` from `started` on, and `forced` by a handler. `swept` is
 * when all rows were looked at last.
 */
export const reaperCell = cell({
  version: 1,
  scope: 'shared',
  merge: 'last_writer',
  row: { started: 'time', forced: 'time', swept: 'time' },
})

/** The row of the other direction, in the table's second view; null: it is gone. */
export function otherOf(self: Rewriter, row: FlowRow): FlowRow | null {
  return self.state.flows.peek(row.new_daddr, row.new_saddr, swapped(row.new_ports), row.proto)
}

/** When the mapping times out, by what both directions have seen. */
export function expiryOf(self: Rewriter, row: FlowRow): number {
  const other = otherOf(self, row)
  if (other === null) return row.seen + timeoutOf(self.plan, row.proto, row.flags, 0)
  return Math.max(row.seen, other.seen) + timeoutOf(self.plan, row.proto, row.flags, other.flags)
}

function timeoutOf(plan: Timeouts, proto: number, mine: number, theirs: number): number {
  if (proto === TCP) {
    if (((mine | theirs) & RESET) !== 0 || (mine & theirs & FIN) !== 0) return plan.tcpDoneMs
    return (mine & theirs & DATA) !== 0 ? plan.tcpMs : plan.tcpNoDataMs
  }
  const streaming =
    (mine & PACKETS) !== 0 &&
    (theirs & PACKETS) !== 0 &&
    (mine & PACKETS) + (theirs & PACKETS) >= 3 * PACKET
  return streaming ? plan.udpStreamingMs : plan.udpMs
}

export function guaranteeOf(plan: Timeouts, proto: number): number {
  return proto === TCP ? plan.tcpGuaranteeMs : plan.udpGuaranteeMs
}

/** When its guarantee ends: until then the mapping is not displaced. */
export function guaranteedUntil(self: Rewriter, row: FlowRow): number {
  const other = otherOf(self, row)
  const seen = other === null ? row.seen : Math.max(row.seen, other.seen)
  return seen + guaranteeOf(self.plan, row.proto)
}

export function rootOf(self: Rewriter): Rewriter {
  const { root } = self.resource
  return root === self.name ? self : self.router.element(root)
}

/** All that share a rewriter's capacity, itself included. */
export function membersOf(self: Rewriter): Rewriter[] {
  return rootOf(self).resource.members.map((name) => self.router.element(name))
}

/** When mappings were reaped last; all that share a capacity reap each other's. */
export function lastReaping(self: Rewriter): number {
  const now = self.router.nowMs
  let last = Number.NEGATIVE_INFINITY
  for (const { plan, state } of membersOf(self)) {
    last = Math.max(last, state.reaper.forced)
    const rounds = plan.reapMs > 0 ? Math.floor((now - state.reaper.started) / plan.reapMs) : 0
    if (rounds > 0) last = Math.max(last, state.reaper.started + rounds * plan.reapMs)
  }
  return last
}

/** Had the mapping timed out when mappings were reaped last? */
function isDue(self: Rewriter, row: FlowRow): boolean {
  const reaped = lastReaping(self)
  return expiryOf(self, row) <= reaped && guaranteedUntil(self, row) <= reaped
}

/** Is the mapping over, though the sweep has not come to it yet? Then it is removed. */
export function isOver(self: Rewriter, row: FlowRow): boolean {
  if (self.router.nowMs - row.seen < self.plan.shortestMs) return false
  if (!isDue(self, row)) return false
  removeMapping(self, row)
  return true
}

export function removeMapping(self: Rewriter, row: FlowRow): void {
  const { saddr, daddr, ports, proto } = row
  removeOther(self, row)
  self.state.flows.remove(saddr, daddr, ports, proto)
}

/** Removes all that belongs to a mapping but one of its rows. */
function removeOther(self: Rewriter, row: FlowRow): void {
  const { flows, shifts } = self.state
  const { saddr, daddr, ports, proto, flags, new_saddr, new_daddr, new_ports } = row
  const back = swapped(new_ports)
  flows.remove(new_daddr, new_saddr, back, proto)
  if ((flags & SHIFTED) === 0) return
  shifts.remove(new_daddr, new_saddr, back)
  shifts.remove(saddr, daddr, ports)
}

/** The sweep's question. A row that goes takes the other with it: alone it would seem to live on. */
function endWith(self: Rewriter, row: FlowRow): boolean {
  if (!isDue(self, row)) return false
  removeOther(self, row)
  return true
}

/** Removes what is over, so that handlers count and show what is in force. */
export function reap(self: Rewriter): void {
  const { flows, reaper } = self.state
  if (lastReaping(self) <= reaper.swept) return
  reaper.swept = self.router.nowMs
  flows.each((row) => {
    if (isDue(self, row)) removeMapping(self, row)
  })
}

/** Is this the row that stands for its mapping? A flow that is its own reply has only one row. */
export function isMain(row: FlowRow): boolean {
  if ((row.flags & REPLY) === 0) return true
  return (
    row.new_daddr === row.saddr &&
    row.new_saddr === row.daddr &&
    swapped(row.new_ports) === row.ports
  )
}

export function countMappings(self: Rewriter): number {
  reap(self)
  let count = 0
  self.state.flows.each((row) => {
    if (isMain(row)) count++
  })
  return count
}
