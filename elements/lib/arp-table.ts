// What ARPTable keeps, by itself or inside an ARPQuerier: addresses, and packets that wait for one.
//
// Times are whole milliseconds. Entries have an age order: that of their last update, then that of
// `order`, which counts updates. At a capacity the oldest goes first.

import {
  cell,
  type PacketFifo,
  packets,
  type Row,
  type Table,
  table,
} from '../../dataplane/declare.ts'
import { arg } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { ARP_ENTRIES_MAX, ARP_EVICT_EXACT, ARP_EVICT_ROWS, POOL_FRAMES } from '../../lib/limits.ts'
import { writeEth } from './arp.ts'
import { etherText, ipText } from './text.ts'

/** Bit of a row's `flags`: high and low are an Ethernet address that was learnt. */
export const KNOWN = 1
/** Bit of `flags`: packets wait for the entry. It moves with the row, so order survives a move. */
export const WAITED_FOR = 2
/** Packets held at most where CAPACITY is 0: a quarter of a replica's pool. */
const WAITING_MAX = POOL_FRAMES / 4
/** Milliseconds between two queries for one address: 10 a second, as RFC 1122 wants it limited. */
const QUERY_MS = 100
/** The same once so many queries got no reply. */
const SLOW_QUERY_MS = 2000
const MANY_QUERIES = 10
/** Milliseconds between looks at packets that wait, and at what has expired. */
export const TICK_MS = 1000

/** Keywords of a table. */
export const arpTableConfig = {
  CAPACITY: arg.count(2048),
  ENTRY_CAPACITY: arg.count(0),
  ENTRY_PACKET_CAPACITY: arg.count(0),
  CAPACITY_SLIM_FACTOR: arg.count(2),
  TIMEOUT: arg.seconds(300),
}

interface Configured {
  readonly CAPACITY: number
  readonly ENTRY_CAPACITY: number
  readonly ENTRY_PACKET_CAPACITY: number
  readonly CAPACITY_SLIM_FACTOR: number
  readonly TIMEOUT: number
}

const ROW = {
  high: 'u16',
  low: 'i32',
  flags: 'u8',
  polls: 'u8',
  seen: 'time',
  asked: 'time',
  order: 'f64',
} as const
type Entry = Row<{ ip: 'i32' } & typeof ROW>

/** A row without KNOWN is an address that is being asked for. */
export const arpTableState = {
  entries: table({
    version: 2,
    scope: 'shared',
    merge: 'last_writer',
    key: { ip: 'i32' },
    row: ROW,
    capacity: ARP_ENTRIES_MAX,
    // A safeguard: the table removes what has expired itself, as long as its timer runs.
    expire: { idle: 'seen', after: 1, afterOf: (self) => retention(self.plan.timeoutMs) },
    upgrade: { 1: (old) => ({ ...old, polls: 0, order: 0 }) },
  }),
  waiting: packets({ capacity: 'waitingMax' }),
  sequence: cell({ version: 1, scope: 'shared', merge: 'max', row: { next: 'f64' } }),
}

/** Seconds that an entry is kept after its last reply, at most. */
function retention(timeoutMs: number): number {
  return timeoutMs > 0 ? timeoutMs / 500 + 60 : Number.POSITIVE_INFINITY
}

export interface ArpTablePlan {
  /** Packets held at most. */
  readonly waitingMax: number
  readonly entryCapacity: number
  readonly entryPackets: number
  /** Packets that are left when there were too many. */
  readonly slimTo: number
  /** 0: entries never expire. */
  readonly timeoutMs: number
  /** Age from which an entry has expired, on a clock of any fraction; Infinity: none. */
  readonly expiredMs: number
}

export function arpTablePlan(
  config: Configured,
  context: { error(message: string): void },
): ArpTablePlan {
  const factor = config.CAPACITY_SLIM_FACTOR
  if (factor === 0) context.error('CAPACITY_SLIM_FACTOR cannot be zero')
  const most = config.CAPACITY || WAITING_MAX
  const timeoutMs = Math.floor(config.TIMEOUT * 1000)
  return {
    waitingMax: most,
    entryCapacity: Math.min(config.ENTRY_CAPACITY || ARP_ENTRIES_MAX, ARP_ENTRIES_MAX),
    entryPackets: config.ENTRY_PACKET_CAPACITY,
    slimTo: Math.max(1, most - Math.floor(most / Math.max(1, factor))),
    timeoutMs,
    // Click's clock ticks in milliseconds, and an entry of exactly TIMEOUT is still good.
    expiredMs: timeoutMs > 0 ? timeoutMs + 1 : Number.POSITIVE_INFINITY,
  }
}

/** The part of an element that a table works on. */
export interface ArpOwner {
  readonly plan: ArpTablePlan
  readonly router: { readonly nowMs: number }
  readonly state: {
    readonly entries: Table<{ ip: 'i32' }, typeof ROW>
    readonly waiting: PacketFifo
    readonly sequence: { next: number }
  }
  kill(p: Packet): void
}

export class ArpStore {
  readonly entries: ArpOwner['state']['entries']
  readonly waiting: PacketFifo
  readonly #owner: ArpOwner
  readonly #plan: ArpTablePlan
  /** See ArpTablePlan. */
  readonly expiredMs: number
  readonly #dropped: () => void
  #expireAt = 0

  /** @param dropped counts a packet that the table drops */
  constructor(owner: ArpOwner, dropped: () => void) {
    this.#owner = owner
    this.#plan = owner.plan
    this.expiredMs = owner.plan.expiredMs
    this.entries = owner.state.entries
    this.waiting = owner.state.waiting
    this.#dropped = dropped
    this.#expireAt = this.nowMs + Math.floor(this.#plan.timeoutMs / 1000) * 1000
  }

  get nowMs(): number {
    return Math.floor(this.#owner.router.nowMs)
  }

  /** May packets be sent to the entry's Ethernet address? */
  usable(entry: Entry): boolean {
    return (entry.flags & KNOWN) !== 0 && !this.#expired(entry, this.nowMs)
  }

  #expired(entry: Entry, now: number): boolean {
    return now - entry.seen >= this.#plan.expiredMs
  }

  /** May a query be sent? Then it counts as sent. */
  poll(entry: Entry): boolean {
    const now = this.nowMs
    if (now - entry.asked < (entry.polls >= MANY_QUERIES ? SLOW_QUERY_MS : QUERY_MS)) return false
    entry.asked = now
    if (entry.polls < 255) entry.polls++
    return true
  }

  /** Holds a packet, which is the table's from now on; true: its address is to be asked for. */
  hold(p: Packet): boolean {
    const { waiting } = this
    const { timeoutMs, entryPackets, waitingMax } = this.#plan
    const dst = p.dst
    const now = this.nowMs
    let entry = this.#ensure(dst, now)
    if (entry === null) {
      this.#drop(p)
      return false
    }
    // Somebody still wants the address, so the entry stays just this side of expiring; among those
    // of that time it counts as the oldest.
    if (timeoutMs > 0 && entry.seen < now - timeoutMs) {
      entry.seen = now - timeoutMs
      entry.order = -this.#owner.state.sequence.next++
    }
    if (entryPackets > 0 && this.#waitingFor(dst) >= entryPackets) {
      this.#drop(p)
      return false
    }
    if (waiting.length + 1 > waitingMax) {
      this.slim(now, 1)
      entry = this.entries.get(dst)
      if (entry === null) {
        this.#drop(p)
        return false
      }
    }
    if (!waiting.push(p)) this.#drop(p)
    entry.flags |= WAITED_FOR
    return this.poll(entry)
  }

  #waitingFor(dst: number): number {
    let n = 0
    this.waiting.extract((p) => {
      if (p.dst === dst) n++
      return false
    })
    return n
  }

  /** The address's entry, a new one where there is none; null: no room. */
  #ensure(ip: number, now: number): Entry | null {
    const { entries } = this
    const known = entries.get(ip)
    if (known !== null) return known
    if (entries.size >= this.#plan.entryCapacity) {
      this.#removeExpired(now)
      while (entries.size >= this.#plan.entryCapacity && entries.size > 0) this.#removeOldest()
    }
    const entry = entries.insert(-1, ip)
    if (entry === null) return null
    entry.seen = now
    entry.asked = now - TICK_MS
    entry.order = this.#owner.state.sequence.next++
    return entry
  }

  /** Records that an address is at an Ethernet address; of ff:ff:ff:ff:ff:ff, that it is not known. */
  insert(ip: number, high: number, low: number): void {
    const now = this.nowMs
    const entry = this.#ensure(ip, now)
    if (entry === null) return
    entry.high = high
    entry.low = low
    const waited = entry.flags & WAITED_FOR
    entry.flags = high === 0xffff && low === -1 ? waited : KNOWN | waited
    entry.seen = now
    entry.polls = 0
    entry.asked = now - TICK_MS
    entry.order = this.#owner.state.sequence.next++
  }

  /** Takes out what waits for an address; the packets are the caller's. */
  release(ip: number): Packet[] {
    const entry = this.entries.get(ip)
    if (entry !== null) entry.flags &= ~WAITED_FOR
    const ready: Packet[] = []
    if (this.waiting.length === 0) return ready
    this.waiting.extract((p) => {
      if (p.dst !== ip) return false
      ready.push(p)
      return true
    })
    return ready
  }

  /** Deletes everything. */
  clear(): void {
    this.entries.clear()
    for (let p = this.waiting.shift(); p !== null; p = this.waiting.shift()) this.#drop(p)
  }

  /** Once a TICK_MS: removes what has expired, and packets whose entry has gone. */
  tick(): void {
    const now = this.nowMs
    const { timeoutMs } = this.#plan
    if (timeoutMs > 0 && now >= this.#expireAt) {
      this.slim(now, 0)
      this.#expireAt = now + (Math.floor(timeoutMs / 1000) + 1) * 1000
    }
    if (this.waiting.length > 0)
      this.waiting.extract((p) => {
        if (this.entries.peek(p.dst) !== null) return false
        this.#drop(p)
        return true
      })
  }

  /** Addresses that became usable while packets for them moved here. */
  ready(): Set<number> {
    const found = new Set<number>()
    this.waiting.extract((p) => {
      const entry = this.entries.peek(p.dst)
      if (entry !== null && this.usable(entry)) found.add(p.dst)
      return false
    })
    return found
  }

  /** Removes what has expired, and where there are too many packets, those of the oldest entries. */
  slim(now: number, coming: number): void {
    this.#removeExpired(now)
    let excess = this.waiting.length + coming
    if (excess <= this.#plan.waitingMax) return
    excess -= this.#plan.slimTo
    const byEntry = new Map<number, { seen: number; order: number; packets: number }>()
    this.waiting.extract((p) => {
      const known = byEntry.get(p.dst)
      const entry = this.entries.peek(p.dst)
      if (known !== undefined) known.packets++
      else byEntry.set(p.dst, { seen: entry?.seen ?? 0, order: entry?.order ?? 0, packets: 1 })
      return false
    })
    const oldest = [...byEntry].sort(([, a], [, b]) => a.seen - b.seen || a.order - b.order)
    const going = new Map<number, number>()
    for (const [dst, { packets: n }] of oldest) {
      if (excess <= 0) break
      going.set(dst, Math.min(n, excess))
      excess -= n
    }
    this.waiting.extract((p) => {
      const left = going.get(p.dst) ?? 0
      if (left === 0) return false
      going.set(p.dst, left - 1)
      this.#drop(p)
      return true
    })
  }

  #removeExpired(now: number): void {
    if (this.#plan.timeoutMs === 0) return
    const gone: number[] = []
    this.#some((e) => {
      if (this.#expired(e, now)) gone.push(e.ip)
    })
    for (const ip of gone) this.#remove(ip)
  }

  #removeOldest(): void {
    let ip = 0
    let seen = Number.POSITIVE_INFINITY
    let order = 0
    const older = (e: Entry) => {
      if (e.seen > seen || (e.seen === seen && e.order > order)) return
      seen = e.seen
      order = e.order
      ip = e.ip
    }
    this.#some(older)
    // The part that was looked at may have been empty.
    if (seen === Number.POSITIVE_INFINITY) this.entries.each(older)
    this.#remove(ip)
  }

  /** Every entry; of a large table a part, a different one each time. */
  #some(visit: (entry: Entry) => void): void {
    const { entries } = this
    if (entries.size <= ARP_EVICT_EXACT) entries.each(visit)
    else entries.some((this.#owner.state.sequence.next % 97) / 97, ARP_EVICT_ROWS, visit)
  }

  #remove(ip: number): void {
    this.entries.remove(ip)
    for (const p of this.release(ip)) this.#drop(p)
  }

  #drop(p: Packet): void {
    this.#dropped()
    this.#owner.kill(p)
  }

  /** Text of `table`: a line an entry, oldest first. */
  text(): string {
    const now = this.nowMs
    const lines: { seen: number; order: number; text: string }[] = []
    const bytes = new Uint8Array(6)
    this.entries.each((e) => {
      if (e.high === 0 && e.low === 0 && (e.flags & KNOWN) === 0) bytes.fill(255)
      else writeEth(bytes, 0, e.high, e.low)
      const age = ((now - e.seen) / 1000).toFixed(6)
      const text = `${ipText(e.ip)} ${this.usable(e) ? 1 : 0} ${etherText(bytes)} ${age}\n`
      lines.push({ seen: e.seen, order: e.order, text })
    })
    lines.sort((a, b) => a.seen - b.seen || a.order - b.order)
    return lines.map((l) => l.text).join('')
  }
}
