// ARPQuerier's entries and the packets that wait for them.

import type { PacketFifo, Row, Table } from '../../dataplane/declare.ts'
import { DROP, type PushFn, type RouterServices } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { POOL_FRAMES } from '../../lib/limits.ts'
import { copyEth, makeRequest, writeEth } from './arp.ts'
import type { Host } from './host.ts'
import { etherText, ipText } from './text.ts'

/** Addresses kept at most: a network of /16. At it, the oldest entry goes for a new one. */
export const ENTRIES_MAX = 65_536
/** Bit of a row's `flags`: high and low are an Ethernet address that was learnt. */
export const KNOWN = 1
/** Bit of `flags`: packets wait for the entry. It moves with the row, so order survives a move. */
export const WAITED_FOR = 2
/** Packets held at most where CAPACITY is 0: a quarter of a replica's pool. */
export const WAITING_MAX = POOL_FRAMES / 4
/** Milliseconds between two queries for one address: 10 a second, as RFC 1122 wants it limited. */
const QUERY_MS = 100
/** Milliseconds between looks at packets that wait. */
const WAITING_MS = 1000

type Entry = Row<{ ip: 'i32'; high: 'u16'; low: 'i32'; flags: 'u8'; seen: 'time'; asked: 'time' }>

interface Querier {
  readonly config: {
    readonly ENTRY_CAPACITY: number
    readonly ENTRY_PACKET_CAPACITY: number
    readonly BROADCAST_POLL: boolean
  }
  readonly plan: Host & { readonly timeoutMs: number }
  readonly counters: { queries: number; drops: number; no_headroom: number }
  readonly state: {
    readonly entries: Table<
      { ip: 'i32' },
      { high: 'u16'; low: 'i32'; flags: 'u8'; seen: 'time'; asked: 'time' }
    >
    readonly waiting: PacketFifo
  }
  readonly out: readonly PushFn[]
  readonly router: RouterServices
  kill(p: Packet): void
  timerAt(ms: number): void
}

/** May packets be sent to the entry's Ethernet address? */
export function usable(self: Querier, entry: Entry): boolean {
  return (entry.flags & KNOWN) !== 0 && self.router.nowMs - entry.seen < self.plan.timeoutMs
}

/** Puts the header on; gives back the output to send it by, or DROP. */
export function encapsulate(self: Querier, p: Packet, high: number, low: number): number {
  if (!p.push(14)) {
    self.counters.no_headroom++
    return DROP
  }
  const m = p.mem
  const off = p.off
  writeEth(m, off, high, low)
  copyEth(m, off + 6, self.plan.eth, 0)
  m[off + 12] = 0x08
  m[off + 13] = 0
  p.mac = off
  return 0
}

function send(self: Querier, p: Packet, high: number, low: number): void {
  if (encapsulate(self, p, high, low) === DROP) self.kill(p)
  else self.out[0]!(p)
}

/** Asks for the entry's address, unless that was done just now. */
export function query(self: Querier, entry: Entry, high: number, low: number): void {
  const now = self.router.nowMs
  if (now - entry.asked < QUERY_MS) return
  entry.asked = now
  const { eth, ip } = self.plan
  const p = makeRequest(self.router.pool, eth, ip, entry.ip, high, low)
  if (p === null) return // an empty pool: the next packet asks again
  self.counters.queries++
  self.out[self.out.length - 1]!(p)
}

/** Asks again for an address in use, before it expires. */
export function poll(self: Querier, ip: number, high: number, low: number): void {
  const entry = self.state.entries.get(ip)
  if (entry === null) return
  if (self.config.BROADCAST_POLL) query(self, entry, 0xffff, -1)
  else query(self, entry, high, low)
}

/** Holds a packet and asks for its destination. */
export function wait(self: Querier, p: Packet): void {
  const { entries, waiting } = self.state
  const dst = p.dst
  let entry = entries.get(dst)
  if (entry === null) {
    const most = Math.min(self.config.ENTRY_CAPACITY || ENTRIES_MAX, entries.capacity)
    if (entries.size >= most) evictOldest(self)
    entry = entries.insert(-1, dst)
    if (entry === null) {
      drop(self, p)
      return
    }
    entry.seen = self.router.nowMs
    entry.asked = self.router.nowMs - QUERY_MS
  }
  const each = self.config.ENTRY_PACKET_CAPACITY
  if (each > 0) held(self, dst, 1, each)
  if (waiting.length >= waiting.capacity) drop(self, waiting.shift())
  if (!waiting.push(p)) drop(self, p)
  entry.flags |= WAITED_FOR
  query(self, entry, 0xffff, -1)
}

function drop(self: Querier, p: Packet | null): void {
  if (p === null) return
  self.counters.drops++
  self.kill(p)
}

/** Drops the oldest `count` packets that wait for an address, where at least `from` do. */
export function held(self: Querier, dst: number, count: number, from = 1): void {
  let waitingFor = 0
  self.state.waiting.extract((p) => {
    if (p.dst === dst) waitingFor++
    return false
  })
  if (waitingFor < from) return
  let left = count
  self.state.waiting.extract((p) => {
    if (p.dst !== dst || left-- <= 0) return false
    drop(self, p)
    return true
  })
}

/** The entry that was updated longest ago goes, and the packets that wait for it. */
function evictOldest(self: Querier): void {
  let ip = 0
  let seen = Number.POSITIVE_INFINITY
  self.state.entries.each((e) => {
    if (e.seen >= seen) return
    seen = e.seen
    ip = e.ip
  })
  self.state.entries.remove(ip)
  held(self, ip, Number.POSITIVE_INFINITY)
}

/** Records that an address is at an Ethernet address, and sends what waited for it. */
export function learn(self: Querier, ip: number, high: number, low: number): void {
  const { entries } = self.state
  if (entries.peek(ip) === null && entries.size >= (self.config.ENTRY_CAPACITY || entries.capacity))
    evictOldest(self)
  const entry = entries.insert(-1, ip)
  if (entry === null) return
  entry.high = high
  entry.low = low
  entry.flags = KNOWN
  entry.seen = self.router.nowMs
  release(self, ip, high, low)
}

/** Sends what waits for an address that is known. */
export function release(self: Querier, ip: number, high: number, low: number): void {
  if (self.state.waiting.length === 0) return
  // Taken out first: sending may bring packets back here.
  const ready: Packet[] = []
  self.state.waiting.extract((p) => {
    if (p.dst !== ip) return false
    ready.push(p)
    return true
  })
  for (const p of ready) send(self, p, high, low)
}

/**
 * Drops packets whose address got no answer in time, or is no longer asked for; sends those whose
 * address became known while they moved here. Comes again in a second.
 */
export function sweepWaiting(self: Querier): void {
  const { entries, waiting } = self.state
  const now = self.router.nowMs
  const ready: Packet[] = []
  waiting.extract((p) => {
    const entry = entries.peek(p.dst)
    if (entry !== null && usable(self, entry)) ready.push(p)
    else if (entry !== null && now - entry.seen < self.plan.timeoutMs) return false
    else drop(self, p)
    return true
  })
  for (const p of ready) {
    const entry = entries.peek(p.dst)
    if (entry !== null) send(self, p, entry.high, entry.low)
    else drop(self, p)
  }
  self.timerAt(now + WAITING_MS)
}

/** Text of `table`: longest without an update first. */
export function tableText(self: Querier): string {
  const now = self.router.nowMs
  const lines: { ip: number; age: number; text: string }[] = []
  const bytes = new Uint8Array(6)
  self.state.entries.each((e) => {
    if ((e.flags & KNOWN) === 0) bytes.fill(255)
    else writeEth(bytes, 0, e.high, e.low)
    const age = now - e.seen
    const valid = usable(self, e) ? 1 : 0
    const text = `${ipText(e.ip)} ${valid} ${etherText(bytes)} ${(age / 1000).toFixed(6)}\n`
    lines.push({ ip: e.ip >>> 0, age, text })
  })
  lines.sort((a, b) => b.age - a.age || b.ip - a.ip)
  return lines.map((l) => l.text).join('')
}
