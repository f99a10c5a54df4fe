// A firewall's connections: one row each, whichever side a packet comes from. Keys have the inside
// end first, so both directions find the same row with one look-up.
//
//   TCP, UDP, SCTP, DCCP   ports: inside << 16 | outside
//   ICMP queries           ports: identifier << 16 | who asks | the request's type
//   other protocols        ports: 0, one connection a pair of addresses

import { type Row, table } from '../../dataplane/declare.ts'
import type { RouterServices } from '../../dataplane/element.ts'
import { readIp } from './arp.ts'
import { ANEW, BY_OUTSIDE, FLAGS_SHIFT, tcpNext } from './conn-states.ts'
import { DCCP, ICMP, swapped, TCP, UDP } from './rewriter-packet.ts'

const SCTP = 132
const UDP_LITE = 136

const KEY = { inside: 'i32', outside: 'i32', ports: 'i32', proto: 'u8' } as const
const ROW = { state: 'u8', flags: 'u8', seen: 'time' } as const
export type Connection = Row<typeof KEY & typeof ROW>

/** What the functions here need of the element. */
export interface Tracker {
  readonly plan: IdlePlan
  readonly state: {
    readonly connections: {
      readonly size: number
      readonly capacity: number
      get(...key: number[]): Connection | null
      insert(bucket: number, ...key: number[]): Connection | null
      remove(...key: number[]): boolean
      each(visit: (row: Connection) => void): void
      some(at: number, places: number, visit: (row: Connection) => void): void
    }
  }
  readonly router: RouterServices
}

export interface IdlePlan {
  /** By state. Includes what `seen` may be late. */
  readonly idleMs: readonly number[]
  readonly shortestMs: number
  /** `seen` is written this often at most: each write makes a move send the row again. */
  readonly coarseMs: number
}

export const connectionsTable = table({
  version: 1,
  scope: 'flow',
  key: KEY,
  row: ROW,
  capacity: 'CAPACITY',
  expire: {
    idle: 'seen',
    after: 1, // `afterOf` says it for all
    afterOf: (self: Tracker, row: Connection) => self.plan.idleMs[row.state]! / 1000,
  },
})

/** Has the connection timed out, though the sweep has not come to it? */
export function isOver(self: Tracker, row: Connection): boolean {
  const idle = self.router.nowMs - row.seen
  return idle >= self.plan.shortestMs && idle >= self.plan.idleMs[row.state]!
}

export function hasPorts(proto: number): boolean {
  return proto === TCP || proto === UDP || proto === SCTP || proto === DCCP || proto === UDP_LITE
}

/** In an ICMP query's key: those outside ask. So that nobody is asked with another's identifier. */
const ASKED_BY_OUTSIDE = 256

/** The key's ports of a packet with its transport header at `t`; 0 where its protocol has none. */
export function portsInside(m: Uint8Array, t: number, proto: number, fromOutside: boolean): number {
  if (hasPorts(proto)) return fromOutside ? swapped(readIp(m, t)) : readIp(m, t)
  if (proto !== ICMP) return 0
  const query = queryOf(m[t]!)
  const asked = fromOutside === (m[t] === query) ? ASKED_BY_OUTSIDE : 0
  return (((m[t + 4]! << 8) | m[t + 5]!) << 16) | asked | query
}

/**
 * The request's type of an ICMP query, given that of a request or reply: echo, timestamp, information,
 * address mask (RFC 792, RFC 950). 0: another message.
 */
export function queryOf(type: number): number {
  if (type === 0 || type === 8) return 8
  return type >= 13 && type <= 18 ? (type - 1) | 1 : 0
}

/** Notes a packet of the connection; false: it would begin it anew. */
export function follow(
  row: Connection,
  proto: number,
  control: number,
  fromOutside: boolean,
): boolean {
  const { state, flags } = row
  if (proto !== TCP) {
    // States of two: even, one side has spoken; odd, both have.
    const isAnswer = fromOutside !== ((flags & BY_OUTSIDE) !== 0)
    if (isAnswer && (state & 1) === 0) row.state = state + 1
    return true
  }
  const next = tcpNext(state, flags, control, fromOutside)
  if (next === ANEW) return false
  if (next !== (state | (flags << FLAGS_SHIFT))) {
    row.state = next & 0xff
    row.flags = next >>> FLAGS_SHIFT
  }
  return true
}
