// A rewriter's mappings: two rows each, one for each direction, keyed by the flow as it is
// received.
//
//   (S, s, D, d) → (E, e, D, d) *forward          forward row
//   (D, d, E, e) → (D, d, S, s) *reply            reply row
//
// A row's other half is keyed by its own rewritten flow, turned round. Both belong to the bucket
// of the inside flow. A mapping is over when both of its directions have been idle for the time
// that its protocol and state say; its rows then go by themselves, each when the sweep comes to
// it.

import {
  type Columns,
  type Row,
  type Table,
  type TableDecl,
  table,
} from '../../dataplane/declare.ts'
import type { RouterServices } from '../../dataplane/element.ts'
import { NAT_EVICT_AT_ONCE, NAT_EVICT_ROWS, NAT_MAPPINGS_MAX } from '../../lib/limits.ts'
import { swapped, TCP } from './rewriter-packet.ts'

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

export type Flows = Table<typeof KEY, typeof ROW & typeof ACCOUNTS>
export type FlowRow = Row<typeof KEY & typeof ROW & typeof ACCOUNTS>

/** Bits of `flags`; all but REPLY say what was seen in the row's own direction. */
export const REPLY = 1
export const FIN = 2
export const RESET = 4
/** TCP payload. */
export const DATA = 8
/** Packets of other protocols, counted up to three. */
export const PACKET = 16
export const PACKETS = 48

/** What the functions here need of a rewriter's self. */
export interface Rewriter {
  readonly plan: Timeouts
  readonly state: {
    readonly flows: Flows
    readonly limits: Row<{ mappings: 'u32' }>
  }
  readonly router: RouterServices
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
}

/** The table of mappings; version 2 counts packets and bytes a row. */
export function flowsTable(
  accounting: boolean,
): TableDecl<typeof KEY, typeof ROW & typeof ACCOUNTS> {
  const base = {
    scope: 'flow',
    key: KEY,
    capacity: NAT_MAPPINGS_MAX * 2,
    expire: {
      idle: 'seen',
      after: 1, // `afterOf` says it for each row
      afterOf: (self: Rewriter, row: FlowRow) => timeoutOf(self, row) / 1000,
      keep: (self: Rewriter, row: FlowRow) => otherIsInUse(self, row),
    },
  } as const
  if (!accounting) {
    const first: unknown = table<typeof KEY, Columns>({ ...base, version: 1, row: ROW })
    return first as TableDecl<typeof KEY, typeof ROW & typeof ACCOUNTS>
  }
  return table<typeof KEY, typeof ROW & typeof ACCOUNTS>({
    ...base,
    version: 2,
    row: { ...ROW, ...ACCOUNTS },
    upgrade: { 1: (old) => ({ ...old, packets: 0, bytes: 0 }) },
    downgrade: {
      1: ({ packets: _packets, bytes: _bytes, ...row }) => row,
    },
  })
}

/** The row of the other direction, in the table's second view; null: it is gone. */
export function otherOf(self: Rewriter, row: FlowRow): FlowRow | null {
  return self.state.flows.peek(row.new_daddr, row.new_saddr, swapped(row.new_ports), row.proto)
}

/** Idle time, in ms, after which a mapping is over, by what both directions have seen. */
function timeoutOf(self: Rewriter, row: FlowRow): number {
  const other = otherOf(self, row)
  const mine = row.flags
  const theirs = other === null ? 0 : other.flags
  const plan = self.plan
  if (row.proto === TCP) {
    if (((mine | theirs) & RESET) !== 0 || (mine & theirs & FIN) !== 0) return plan.tcpDoneMs
    return (mine & theirs & DATA) !== 0 ? plan.tcpMs : plan.tcpNoDataMs
  }
  const streaming =
    (mine & PACKETS) !== 0 &&
    (theirs & PACKETS) !== 0 &&
    (mine & PACKETS) + (theirs & PACKETS) >= 3 * PACKET
  return streaming ? plan.udpStreamingMs : plan.udpMs
}

function otherIsInUse(self: Rewriter, row: FlowRow): boolean {
  const timeout = timeoutOf(self, row)
  const other = otherOf(self, row)
  return other !== null && self.router.nowMs - other.seen < timeout
}

/** Is the mapping over, though the sweep has not come to it yet? Then it is removed. */
export function isOver(self: Rewriter, row: FlowRow): boolean {
  const idleMs = self.router.nowMs - row.seen
  if (idleMs < self.plan.shortestMs || idleMs < timeoutOf(self, row)) return false
  if (otherIsInUse(self, row)) return false
  removeMapping(self, row)
  return true
}

export function removeMapping(self: Rewriter, row: FlowRow): void {
  const { flows } = self.state
  const { saddr, daddr, ports, proto } = row
  const { new_saddr, new_daddr, new_ports } = row
  flows.remove(new_daddr, new_saddr, swapped(new_ports), proto)
  flows.remove(saddr, daddr, ports, proto)
}

/**
 * Makes room for one mapping more. At capacity the mapping goes that was idle longest, of some that
 * are looked at, if that was longer than its protocol's guarantee. A protocol without guarantee
 * displaces nothing.
 */
export function makeRoom(self: Rewriter, proto: number): boolean {
  const { flows, limits } = self.state
  const most = limits.mappings * 2
  if (flows.size + 2 <= most) return true
  if ((proto === TCP ? self.plan.tcpGuaranteeMs : self.plan.udpGuaranteeMs) === 0) return false
  // Two go for each that comes, so that a table that is over a lower capacity shrinks.
  if (flows.size > most && !evict(self, false)) return false
  return evict(self, false) && flows.size + 2 <= most
}

/** Removes mappings of a table that is over its capacity, whatever their guarantee; bounded. */
export function shrink(self: Rewriter): void {
  const { flows, limits } = self.state
  for (let n = 0; n < NAT_EVICT_AT_ONCE && flows.size > limits.mappings * 2; n++)
    if (!evict(self, true)) return
}

/** Removes the mapping that was idle longest of those looked at; `force`: whatever its guarantee. */
function evict(self: Rewriter, force: boolean): boolean {
  const { flows } = self.state
  const now = self.router.nowMs
  let oldest = Number.POSITIVE_INFINITY
  let key: [number, number, number, number] | null = null
  flows.some(self.router.random(), NAT_EVICT_ROWS, (row) => {
    const other = otherOf(self, row)
    const seen = other === null ? row.seen : Math.max(row.seen, other.seen)
    const guarantee = row.proto === TCP ? self.plan.tcpGuaranteeMs : self.plan.udpGuaranteeMs
    if (seen >= oldest || (!force && now - seen < guarantee)) return
    oldest = seen
    key = [row.saddr, row.daddr, row.ports, row.proto]
  })
  const row = key === null ? null : flows.get(...(key as [number, number, number, number]))
  if (row === null) return false
  removeMapping(self, row)
  return true
}
