// What a firewall does with a packet that belongs to no connection: opens one, or not.

import { DROP } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { FIREWALL_EVICT_ROWS } from '../../lib/limits.ts'
import { BY_OUTSIDE, firstState, isAssured, isOpening } from './conn-states.ts'
import { hasPorts, isOver, queryOf, type Tracker } from './conn-table.ts'
import { ICMP, TCP } from './rewriter-packet.ts'
import { homeOf } from './rewriter-ports.ts'

const INSIDE = 0
const OUTSIDE = 1
/** From outside, but allowed to open a connection. */
const ALLOWED = 2
/** Outputs of what does not pass, from outside and from inside: it must not change sides. */
const OUTSIDE_REST = 2
const INSIDE_REST = 3

export interface Firewall extends Tracker {
  readonly noutputs: number
  readonly counters: Record<
    'drops' | 'opened' | 'refused' | 'invalid' | 'unsupported' | 'overflow' | 'displaced',
    number
  >
}

/**
 * Counts a packet that does not pass, and says where it goes. One that other elements had allowed is
 * dropped: they would allow it again, and so on for ever.
 */
export function stopped(
  self: Firewall,
  input: number,
  why: 'refused' | 'invalid' | 'unsupported' | 'overflow',
): number {
  self.counters[why]++
  if (input === OUTSIDE && self.noutputs > OUTSIDE_REST) return OUTSIDE_REST
  if (input === INSIDE && self.noutputs > INSIDE_REST) return INSIDE_REST
  self.counters.drops++
  return DROP
}

/** Opens the connection of a packet, if it may; returns the output. */
export function openConnection(
  self: Firewall,
  p: Packet,
  t: number,
  input: number,
  inside: number,
  outside: number,
  ports: number,
  proto: number,
): number {
  const m = p.mem
  if (input === OUTSIDE) return stopped(self, input, 'refused')
  if (proto === TCP && !isOpening(m[t + 13]!)) return stopped(self, input, 'refused')
  if (proto === ICMP && m[t] !== queryOf(m[t]!)) return stopped(self, input, 'refused')
  const { connections } = self.state
  // One that is over, and not swept yet, is taken again.
  if (connections.get(inside, outside, ports, proto) === null && !makeRoom(self))
    return stopped(self, input, 'overflow')
  // A first fragment was steered by its addresses alone; its connection's other packets are not.
  const isFragment = (m[p.net + 6]! & 0x20) !== 0
  const bucket =
    p.bucket < 0 || isFragment
      ? homeOf(
          inside,
          outside,
          ports >>> 16,
          hasPorts(proto) ? ports & 0xffff : 0,
          self.router.bucketsLog2,
        )
      : p.bucket
  const row = connections.insert(bucket, inside, outside, ports, proto)
  if (row === null) return stopped(self, input, 'overflow')
  row.state = firstState(proto, hasPorts(proto))
  row.flags = input === ALLOWED ? BY_OUTSIDE : 0
  row.seen = self.router.nowMs
  self.counters.opened++
  return input === ALLOWED ? 1 : 0
}

/**
 * Makes room for one connection more. At capacity one goes that has not come about, of some that are
 * looked at the one that was idle longest; false: they all have.
 */
function makeRoom(self: Firewall): boolean {
  const { connections } = self.state
  if (connections.size < connections.capacity) return true
  let seen = Number.POSITIVE_INFINITY
  let victim = null as [number, number, number, number] | null
  connections.some(self.router.random(), FIREWALL_EVICT_ROWS, (row) => {
    if (row.seen >= seen || (isAssured(row.state) && !isOver(self, row))) return
    seen = row.seen
    victim = [row.inside, row.outside, row.ports, row.proto]
  })
  if (victim === null || !connections.remove(...victim)) return false
  self.counters.displaced++
  return true
}
