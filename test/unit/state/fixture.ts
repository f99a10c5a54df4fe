// Two replicas' state for the tests of the stream: an element with every kind of state, in three
// versions of its flow table, and ways to fill and compare them.

import {
  type CellDecl,
  cell,
  packets,
  type StateDecl,
  type TableDecl,
  table,
} from '../../../dataplane/declare.ts'
import type { Fifo } from '../../../dataplane/fifo.ts'
import { type Packet, Pool } from '../../../dataplane/packet.ts'
import type { StateSchema } from '../../../dataplane/schema.ts'
import { StateStore } from '../../../dataplane/state.ts'
import { planTransfer, type TransferPlan } from '../../../dataplane/state-plan.ts'
import type { SnapshotSource } from '../../../dataplane/state-source.ts'
import type { SnapshotTarget } from '../../../dataplane/state-target.ts'

const v1 = {
  version: 1,
  scope: 'flow',
  key: { a: 'i32', b: 'u16' },
  row: { n: 'f64', used: 'time', x: 'i32' },
  capacity: 'CAPACITY',
  expire: { idle: 'used', after: 100 },
} as const

/** Version 2 adds y, version 3 makes x unsigned and the key wider. */
const toV2 = (o: Row) => ({ ...o, y: 1 })
const toV3 = ({ x, y, ...o }: Row) => ({ ...o, x: Number(x) >>> 0, y, mac: new Uint8Array(8) })
const downV2 = ({ mac: _mac, x, ...o }: Row) => ({ ...o, x: Number(x) | 0 })
const downV1 = ({ y: _y, ...o }: Row) => o
type Row = Record<string, number | Uint8Array>

export const FLOWS: Readonly<Record<number, TableDecl>> = {
  1: table(v1) as TableDecl,
  2: table({
    ...v1,
    version: 2,
    row: { ...v1.row, y: 'u8' },
    upgrade: { 1: toV2 as never },
    downgrade: { 1: downV1 as never },
  }) as TableDecl,
  3: table({
    ...v1,
    version: 3,
    key: { b: 'u32', a: 'i32' },
    row: { y: 'u8', x: 'u32', mac: 'bytes8', n: 'f64', used: 'time' },
    upgrade: { 1: toV2 as never, 2: toV3 as never },
    downgrade: { 1: downV1 as never, 2: downV2 as never },
  }) as TableDecl,
}

export const ARP = table({
  version: 1,
  scope: 'shared',
  merge: 'last_writer',
  key: { ip: 'i32' },
  row: { mac: 'bytes8', seen: 'time' },
  capacity: 64,
  expire: { idle: 'seen', after: 300 },
}) as TableDecl
export const COUNT = cell({
  version: 1,
  scope: 'shared',
  merge: 'sum',
  row: { packets: 'f64', bytes: 'f64' },
}) as CellDecl
export const PEAK = cell({
  version: 1,
  scope: 'shared',
  merge: 'max',
  row: { rate: 'f64' },
}) as CellDecl
const LOCAL = cell({ version: 1, scope: 'local', reason: 'a test', row: { z: 'u8' } }) as CellDecl

export interface Replica {
  readonly clock: { nowMs: number }
  readonly store: StateStore
  readonly pool: Pool
  // biome-ignore lint/suspicious/noExplicitAny: rows of the declarations above
  readonly flows: any
  // biome-ignore lint/suspicious/noExplicitAny: rows of the declarations above
  readonly arp: any
  // biome-ignore lint/suspicious/noExplicitAny: rows of the declarations above
  readonly count: any
  // biome-ignore lint/suspicious/noExplicitAny: rows of the declarations above
  readonly peak: any
  readonly queue: Fifo
}

export interface ReplicaOptions {
  readonly version?: number
  readonly element?: string
  readonly nowMs?: number
  readonly capacity?: number
  readonly bucketsLog2?: number
  /** Packets that its queue may hold. */
  readonly queue?: number
  /** In place of `version`. */
  readonly flows?: TableDecl
}

export function replica(options: ReplicaOptions = {}): Replica {
  const { version = 1, element = 'nat', nowMs = 0, capacity = 1000, bucketsLog2 = 3 } = options
  const clock = { nowMs }
  const pool = new Pool(256)
  const store = new StateStore({ bucketsLog2, clock, pool, seed: version * 77 })
  const add = (state: string, decl: StateDecl, rows: number) =>
    store.instantiate(element, 'NAT', state, decl, rows, 100, () => null) as never
  return {
    clock,
    store,
    pool,
    flows: add('flows', options.flows ?? FLOWS[version]!, capacity),
    arp: add('arp', ARP, 64),
    count: add('count', COUNT, 1),
    peak: add('peak', PEAK, 1),
    queue: add('queue', packets({ capacity: 64 }), options.queue ?? 64),
    ...{ local: add('mine', LOCAL, 1) },
  }
}

export function planOf(
  from: Replica,
  to: Replica,
  options: Parameters<typeof planTransfer>[2] = {},
): TransferPlan {
  // As it travels between processes: plain data.
  const schemas = (r: Replica) => JSON.parse(JSON.stringify(r.store.schemas())) as StateSchema[]
  const result = planTransfer(schemas(from), schemas(to), options)
  if (!result.ok) throw new Error(JSON.stringify(result.findings))
  return JSON.parse(JSON.stringify(result.plan)) as TransferPlan
}

/** Sends all that is left, as after the fence. */
export function finish(source: SnapshotSource, target: SnapshotTarget, maxBytes = 65_536): void {
  for (let c = source.finish(maxBytes); c !== null; c = source.finish(maxBytes)) target.apply(c)
}

/** Columns that every version has, with the age in place of the time, by key; with the bucket. */
export function flowRows(r: Replica, fits: (bucket: number) => boolean = () => true): string[] {
  const rows: string[] = []
  // biome-ignore lint/suspicious/noExplicitAny: rows of the declarations above
  r.flows.each((row: any) => {
    const bucket = r.flows.$c.bucketOf(row.$r)
    const age = row.used === 0 ? 'never' : r.clock.nowMs - row.used
    if (fits(bucket)) rows.push([row.a, row.b, bucket, row.n, row.x | 0, age].join(' '))
  })
  return rows.sort()
}

export function arpRows(r: Replica): string[] {
  const rows: string[] = []
  // biome-ignore lint/suspicious/noExplicitAny: rows of the declarations above
  r.arp.each((row: any) => {
    rows.push([row.ip, [...row.mac].join(':'), r.clock.nowMs - row.seen].join(' '))
  })
  return rows.sort()
}

/** A packet whose bytes and annotations all follow from n. */
export function packet(pool: Pool, bucket: number, n: number): Packet {
  const p = pool.allocLength(20 + (n % 50), 64)!
  for (let k = p.base; k < p.end; k++) p.mem[k] = (n + k - p.off) & 255
  p.bucket = bucket
  p.mac = p.off - 14
  p.net = p.off
  p.transport = n % 2 === 0 ? -1 : p.off + 20
  p.dst = n * -7
  p.paint = n & 255
  p.port = n % 3
  p.type = n % 5
  p.timeUs = 1e15 + n
  if (n % 3 === 0) p.anno = new Uint8Array(48).fill(n)
  return p
}

export function describe(p: Packet): string {
  const anno = p.anno?.some((b) => b !== 0) ? [...p.anno].join() : ''
  const at = [p.mac, p.net, p.transport].map((h) => (h < 0 ? 'none' : h - p.off))
  const bytes = [...p.mem.subarray(p.base, p.end)].join()
  return [bytes, p.off - p.base, at, p.bucket, p.dst, p.paint, p.port, p.type, p.timeUs, anno].join(
    '|',
  )
}

export function queued(r: Replica): string[] {
  const all: string[] = []
  r.queue.extract((p) => {
    all.push(describe(p))
    return false
  })
  return all
}
