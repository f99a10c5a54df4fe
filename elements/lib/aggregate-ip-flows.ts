// AggregateIPFlows' flows: found or made for a packet, ended by time, and told of.
//
// A flow's key has the lower address first (of equal ones, the lower port), and `reverse` says
// whether its first packet went the other way.

import { type Row, type Table, table } from '../../dataplane/declare.ts'
import type { RouterServices } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { AGGREGATE_FLOWS_MAX } from '../../lib/limits.ts'
import { type Numbering, secondsOf, type Watching } from './aggregate-flow.ts'
import { tellCreated, tellDeleted } from './aggregate-notifier.ts'
import { readIp } from './arp.ts'

const TCP = 6
const FIN = 1
const SYN = 2
const RST = 4

const KEY = { low: 'i32', high: 'i32', ports: 'i32', proto: 'u8' } as const
const ROW = {
  aggregate: 'u32',
  reverse: 'u8',
  /** Directions that a FIN was seen in, as bits; 3: the flow is over. */
  over: 'u8',
  first_us: 'f64',
  last_us: 'f64',
  filepos: 'f64',
  packets0: 'f64',
  packets1: 'f64',
} as const

export type FlowRow = Row<typeof KEY & typeof ROW>
export type FlowTable = Table<typeof KEY, typeof ROW>

export const flowTable = () =>
  table({ version: 1, scope: 'flow', key: KEY, row: ROW, capacity: AGGREGATE_FLOWS_MAX })

export interface Timeouts {
  readonly TCP_TIMEOUT: number
  readonly TCP_DONE_TIMEOUT: number
  readonly UDP_TIMEOUT: number
  readonly FRAGMENT_TIMEOUT: number
  readonly REAP: number
}

/** Where a packet's flow is looked up; one object an element, written for each packet. */
export interface FlowKey {
  low: number
  high: number
  ports: number
  proto: number
  /** 1: the packet goes from the higher end to the lower. */
  flipped: number
}

export interface Flows extends Watching {
  readonly key: FlowKey
  /** Where the source of the packets is in its file; null: nobody asks. */
  readonly filepos: ((self: FlowsSelf) => number) | null
  /** Writes what a flow was; null: nobody asks. */
  readonly trace: ((row: FlowRow) => void) | null
}

export interface FlowsSelf {
  readonly name: string
  readonly className: string
  readonly config: Timeouts
  readonly state: { readonly flows: FlowTable; readonly numbers: Numbering }
  readonly resource: Flows
  readonly router: RouterServices
}

/** Fills in the addresses of the IP header at `at`; the ports where it has some: at `ports`. */
export function keyOf(key: FlowKey, mem: Uint8Array, at: number, ports: number): void {
  const src = readIp(mem, at + 12)
  const dst = readIp(mem, at + 16)
  const both = ports < 0 ? 0 : readIp(mem, ports)
  const turned = (both << 16) | (both >>> 16)
  const flipped = src > dst || (src === dst && both >>> 16 > (both & 0xffff))
  key.low = flipped ? dst : src
  key.high = flipped ? src : dst
  key.ports = flipped ? turned : both
  key.proto = mem[at + 9]!
  key.flipped = flipped ? 1 : 0
}

/** The flow of the key in `resource`; a new one where there is none or it has ended; null: full. */
export function findFlow(self: FlowsSelf, p: Packet, flags: number): FlowRow | null {
  const { flows, numbers } = self.state
  const { key } = self.resource
  let row = flows.get(key.low, key.high, key.ports, key.proto)
  if (row !== null) {
    const age = secondsOf(p.timeUs) - secondsOf(row.last_us)
    const again = row.over === 3 && (flags & SYN) !== 0
    if (!again && age <= timeoutOf(self.config, row)) return row
    end(self, row)
  }
  row ??= flows.insert(p.bucket, key.low, key.high, key.ports, key.proto)
  if (row === null) return null
  row.aggregate = ++numbers.last
  row.reverse = key.flipped
  row.over = 0
  row.first_us = p.timeUs
  row.filepos = self.resource.filepos?.(self) ?? 0
  tellCreated(self, row.aggregate, p)
  return row
}

function timeoutOf(config: Timeouts, row: FlowRow): number {
  if (row.proto !== TCP) return config.UDP_TIMEOUT
  return row.over === 3 ? config.TCP_DONE_TIMEOUT : config.TCP_TIMEOUT
}

/** A packet of the flow leaves; `flags`: its TCP flags, 0 where it has none. */
export function account(row: FlowRow, p: Packet, flags: number): void {
  row.last_us = p.timeUs
  if (p.paint >= 2) return // an ICMP error is about the flow, not of it
  if ((flags & RST) !== 0) row.over = 3
  else if ((flags & FIN) !== 0) row.over |= 1 << p.paint
  else if ((flags & SYN) !== 0) row.over = 0
  if (p.paint === 0) row.packets0++
  else row.packets1++
}

function end(self: FlowsSelf, row: FlowRow): void {
  tellDeleted(self, row.aggregate)
  self.resource.trace?.(row)
}

/** Ends flows that are older than their time at `nowSec`, unless `keep` asks for them. */
export function endOld(
  self: FlowsSelf,
  nowSec: number,
  keep: (low: number, high: number, proto: number) => boolean,
): void {
  const { flows } = self.state
  const old: FlowKey[] = []
  flows.each((row) => {
    if (secondsOf(row.last_us) >= nowSec - timeoutOf(self.config, row)) return
    if (keep(row.low, row.high, row.proto)) return
    const { low, high, ports, proto } = row
    old.push({ low, high, ports, proto, flipped: row.aggregate })
  })
  old.sort((a, b) => a.flipped - b.flipped) // by number, so that runs are alike
  for (const { low, high, ports, proto } of old) {
    const row = flows.get(low, high, ports, proto)
    if (row === null) continue
    end(self, row)
    flows.remove(low, high, ports, proto)
  }
}
