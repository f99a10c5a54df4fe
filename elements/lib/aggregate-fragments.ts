// Fragments that wait in AggregateIPFlows for the one with the ports.
//
// While the oldest held packet of a pair of hosts is a fragment, later packets of the pair wait
// behind it, so that none overtakes another. It leaves when it is too old; it then has the number
// of a fragment of the same packet, or goes to output 1.

import type { Table } from '../../dataplane/declare.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { secondsOf } from './aggregate-flow.ts'
import { account, type FlowKey, type FlowsSelf, keyOf } from './aggregate-ip-flows.ts'
import { aggregateOf, setAggregate } from './anno-words.ts'

export const PAIR = { low: 'i32', high: 'i32', proto: 'u8' } as const
export const WAITING = { held: 'u32' } as const

export interface FragmentsSelf extends FlowsSelf {
  readonly state: FlowsSelf['state'] & {
    readonly held: {
      readonly length: number
      push(p: Packet): boolean
      extract(visit: (p: Packet) => boolean): void
    }
    readonly pairs: Table<typeof PAIR, typeof WAITING>
  }
  readonly out: readonly ((p: Packet) => void)[]
  readonly noutputs: number
  kill(p: Packet): void
}

/** Are packets of the key's pair waiting? */
export function waits(self: FragmentsSelf, key: FlowKey): boolean {
  if (self.state.held.length === 0) return false
  return self.state.pairs.get(key.low, key.high, key.proto) !== null
}

/** Holds the packet of `resource.key`; then lets go of what need not wait. False: no room. */
export function hold(self: FragmentsSelf, p: Packet): boolean {
  const { held, pairs, numbers } = self.state
  const { low, high, proto } = self.resource.key
  const row = pairs.get(low, high, proto) ?? pairs.insert(p.bucket, low, high, proto)
  if (row === null || !held.push(p)) return false
  row.held++
  numbers.active_sec = secondsOf(p.timeUs)
  letGo(self, low, high, proto, numbers.active_sec - self.config.FRAGMENT_TIMEOUT)
  return true
}

/** Lets go, pair by pair, of packets that need not wait or are from before `beforeSec`. */
export function letAllGo(self: FragmentsSelf, beforeSec: number): void {
  const waiting: (readonly [number, number, number])[] = []
  self.state.pairs.each(({ low, high, proto }) => waiting.push([low, high, proto]))
  for (const [low, high, proto] of waiting) letGo(self, low, high, proto, beforeSec)
}

function letGo(
  self: FragmentsSelf,
  low: number,
  high: number,
  proto: number,
  before: number,
): void {
  const { held, pairs } = self.state
  const list: Packet[] = []
  held.extract((p) => {
    if (isOf(self, p, low, high, proto)) list.push(p)
    return false
  })
  let n = 0
  for (; n < list.length; n++) {
    const head = list[n]!
    if (secondsOf(head.timeUs) >= before && isFragment(head)) break
    settle(list, n)
  }
  if (n === 0) return
  const leaving = new Set(list.slice(0, n))
  held.extract((p) => leaving.has(p))
  if (n === list.length) pairs.remove(low, high, proto)
  else pairs.get(low, high, proto)!.held = list.length - n
  for (let i = 0; i < n; i++) emit(self, list[i]!, list)
}

/** The number of the packet at n, and its direction, from or to the fragments behind it. */
function settle(list: readonly Packet[], n: number): void {
  const head = list[n]!
  const number = aggregateOf(head)
  for (let i = n + 1; i < list.length; i++) {
    const p = list[i]!
    if (!sameId(head, p)) continue
    if (number !== 0) copy(head, p)
    else if (aggregateOf(p) !== 0) {
      copy(p, head)
      settle(list, n)
      return
    }
  }
}

function copy(from: Packet, to: Packet): void {
  setAggregate(to, aggregateOf(from))
  to.paint = from.paint
}

function emit(self: FragmentsSelf, p: Packet, list: readonly Packet[]): void {
  const number = aggregateOf(p)
  if (number === 0) {
    if (self.noutputs > 1) self.out[1]!(p)
    else self.kill(p)
    return
  }
  const { flows } = self.state
  const donor = isFirst(p) ? p : list.find((other) => isFirst(other) && sameId(p, other))
  if (donor !== undefined) {
    const { key } = self.resource
    keyOf(key, donor.mem, donor.net, donor.net + (donor.mem[donor.net]! & 15) * 4)
    const row = flows.get(key.low, key.high, key.ports, key.proto)
    if (row !== null) account(row, p, tcpFlags(p))
  } else {
    // The fragment with the ports left long ago; this is rare enough for a look at all flows.
    flows.each((row) => {
      if (row.aggregate === number >>> 0) account(row, p, 0)
    })
  }
  self.out[0]!(p)
}

/** Flags of a TCP packet whose ports it has; 0: none. */
export function tcpFlags(p: Packet): number {
  const { mem, net } = p
  const at = net + (mem[net]! & 15) * 4
  return mem[net + 9] === 6 && isFirst(p) && at + 14 <= p.end ? mem[at + 13]! : 0
}

function isFirst({ mem, net }: Packet): boolean {
  return (mem[net + 6]! & 0x1f) === 0 && mem[net + 7] === 0
}

export function isFragment({ mem, net }: Packet): boolean {
  return (mem[net + 6]! & 0x3f) !== 0 || mem[net + 7] !== 0
}

function sameId(a: Packet, b: Packet): boolean {
  return a.mem[a.net + 4] === b.mem[b.net + 4] && a.mem[a.net + 5] === b.mem[b.net + 5]
}

function isOf(self: FragmentsSelf, p: Packet, low: number, high: number, proto: number): boolean {
  const { key } = self.resource
  keyOf(key, p.mem, p.net, -1)
  return key.low === low && key.high === high && key.proto === proto
}
