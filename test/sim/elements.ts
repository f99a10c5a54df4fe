// The router that simulated replicas run: elements of the simulator's own over the real ones, with
// state of every scope and merge rule, in several versions of its schema.
//
//   FromDevice(p0) ─┐            ┌──────────────▶ ToDevice(p0)
//   FromDevice(p1) ─┴▶ SimCount ─┤
//                                └▶ Queue ─▶ SimPace (in bursts) ─▶ ToDevice(p0)
//
// SimCount's rows hold a count and a digest of the flow's numbers in the order of processing, so
// that a packet that is lost, counted twice or overtaken shows in the state itself.

import type { TableDecl } from '../../dataplane/declare.ts'
import { cell, table } from '../../dataplane/declare.ts'
import { type AnyElement, arg, element } from '../../dataplane/element.ts'
import { type Graph, resolveGraph } from '../../dataplane/graph.ts'
import FromDevice from '../../elements/standard/FromDevice.ts'
import Queue from '../../elements/standard/Queue.ts'
import ToDevice from '../../elements/standard/ToDevice.ts'
import { parseConfig } from '../../lib/click/index.ts'
import { decodeFrame } from './frames.ts'
import type { SimPort } from './port.ts'

/** Idle rows of the table `recent` go after so long. */
export const RECENT_SECONDS = 0.3
/** What waits in the queue goes on in bursts. */
const PACE_MS = 1
const BURST = 32

/**
 * Versions of SimCount's table: 2 widens and adds, 3 renames and changes the key, 4 cannot convert
 * every row, 9 takes nobody's.
 */
export type Version = 1 | 2 | 3 | 4 | 9

/** Rows with this count are the ones that version 4 has no idea of. */
const BAD_COUNT = 12

/** A row of any version as the checkers see it. */
export interface CountRow {
  readonly count: number
  readonly digest: number
  readonly at: number
}

type AnyRow = Record<string, number>

/** Names of the columns by version. */
export function columnsOf(version: Version): { key: string; count: string } {
  return version === 3 ? { key: 'id', count: 'packets' } : { key: 'flow', count: 'count' }
}

const FLOWS: Readonly<Record<Version, () => TableDecl>> = {
  1: () => flows(1, { flow: 'u32' }, { count: 'u32', digest: 'u32', at: 'time' }, {}),
  2: () =>
    flows(
      2,
      { flow: 'u32' },
      { count: 'f64', digest: 'u32', at: 'time', bytes: 'f64' },
      { 1: up1 },
    ),
  3: () =>
    flows(
      3,
      { id: 'f64' },
      { bytes: 'f64', packets: 'f64', at: 'time', digest: 'u32' },
      { 1: up1, 2: up2 },
    ),
  4: () => flows(4, { flow: 'u32' }, { count: 'f64', digest: 'u32', at: 'time' }, STEPS),
  9: () => flows(9, { flow: 'u32' }, { count: 'f64', digest: 'u32', at: 'time', more: 'u8' }, {}),
}

const up1 = (row: Row): Row => ({ ...row, bytes: (row.count as number) * 64 })
const down1 = ({ bytes: _, ...row }: Row): Row => row
const up2 = ({ flow, count, ...row }: Row): Row => ({ ...row, id: flow!, packets: count! })
const down2 = ({ id, packets, ...row }: Row): Row => ({ ...row, flow: id!, count: packets! })
const up3 = ({ id, packets, bytes: _, ...row }: Row): Row => {
  if (packets === BAD_COUNT) throw new Error(`${BAD_COUNT} packets`)
  return { ...row, flow: id!, count: packets! }
}
const down3 = ({ flow, count, ...row }: Row): Row => {
  if (count === BAD_COUNT) throw new Error(`${BAD_COUNT} packets`)
  return { ...row, id: flow!, packets: count!, bytes: 0 }
}
const STEPS = { 1: up1, 2: up2, 3: up3 }
const BACK = { 1: down1, 2: down2, 3: down3 }

type Row = Record<string, number | Uint8Array>

function flows(
  version: Version,
  key: TableDecl['key'],
  row: TableDecl['row'],
  upgrade: NonNullable<TableDecl['upgrade']>,
): TableDecl {
  const downgrade = Object.fromEntries(
    Object.entries(version === 9 ? {} : BACK).filter(([v]) => Number(v) < version),
  )
  return table({ version, scope: 'flow', key, row, upgrade, downgrade, capacity: 'CAPACITY' })
}

function simCount(version: Version): AnyElement {
  const { count } = columnsOf(version)
  return element({
    name: 'SimCount',
    ports: '-/2',
    processing: 'h/h',
    flow: 'x/x',
    config: { CAPACITY: arg.count(10_000), DELETES: arg.bool(false) },
    local: 'the checkers look on from the port',
    state: {
      flows: FLOWS[version](),
      recent: table({
        version: 1,
        scope: 'flow',
        key: { flow: 'u32' },
        row: { at: 'time', count: 'u32' },
        capacity: 10_000,
        expire: { idle: 'at', after: RECENT_SECONDS },
      }),
      total: cell({ version: 1, scope: 'shared', merge: 'sum', row: { packets: 'f64' } }),
      peak: cell({ version: 1, scope: 'shared', merge: 'max', row: { n: 'f64' } }),
      sums: table({
        version: 1,
        scope: 'shared',
        merge: 'sum',
        key: { port: 'u16' },
        row: { packets: 'f64' },
        capacity: 64,
      }),
      latest: table({
        version: 1,
        scope: 'shared',
        merge: 'last_writer',
        key: { port: 'u16' },
        row: { at: 'time', id: 'u32' },
        capacity: 64,
        expire: { idle: 'at', after: 3600 },
      }),
    },
    open: (self): SimPort => self.router.port('p0') as SimPort,

    route(self, p, port) {
      const numbers = decodeFrame(p.mem, p.off, p.end)
      if (numbers === null) return -1
      const { id, flow, n, late } = numbers
      self.resource.processed(id)
      const { state } = self
      const now = self.router.nowMs
      state.total.packets++
      state.peak.n = Math.max(state.peak.n, n)
      const sum = state.sums.insert(-1, port)
      if (sum !== null) sum.packets++
      const latest = state.latest.insert(-1, port)
      if (latest !== null) {
        latest.id = id
        latest.at = now
      }
      const recent = state.recent.insert(p.bucket, flow)
      if (recent !== null) {
        recent.count++
        recent.at = now
      }
      const row = state.flows.insert(p.bucket, flow) as AnyRow | null
      if (row !== null) {
        row[count] = row[count]! + 1
        if (!late) row.digest = Math.imul(row.digest! ^ (n + 1), 0x01000193) >>> 0
        row.at = now
        if (self.config.DELETES && flow % 2 === 1 && n % 40 === 39) state.flows.remove(flow)
      }
      return flow % 3 === 0 ? 1 : 0
    },
  })
}

const simPace = element({
  name: 'SimPace',
  ports: '1/1',
  processing: 'l/h',
  config: {},
  state: {
    pace: cell({
      version: 1,
      scope: 'local',
      reason: 'when the next packet is due is of this replica',
      row: { at: 'f64' },
    }),
  },
  initialize: (self) => self.schedule(),
  task(self) {
    const { pace } = self.state
    if (self.router.nowMs < pace.at) {
      self.timerAt(pace.at)
      return false
    }
    for (let n = 0; n < BURST; n++) {
      const p = self.in[0]!()
      if (p === null) return false
      pace.at = self.router.nowMs + PACE_MS
      self.out[0]!(p)
    }
    return true
  },
  timer: (self) => self.schedule(),
})

const COMMON: readonly AnyElement[] = [FromDevice, ToDevice, Queue, simPace]
const graphs = new Map<string, Graph>()

export interface RouterShape {
  readonly version: Version
  readonly ports: number
  readonly capacity: number
  readonly deletes: boolean
}

export function graphOf({ version, ports, capacity, deletes }: RouterShape): Graph {
  const inputs = Array.from({ length: ports }, (_, k) => `FromDevice(p${k}) -> [${k}] count;`)
  const text = `
    count :: SimCount(CAPACITY ${capacity}, DELETES ${deletes});
    out :: ToDevice(p0);
    ${inputs.join('\n')}
    count [0] -> out;
    count [1] -> queue :: Queue(4096) -> SimPace -> out;`
  const key = `${version} ${text}`
  const known = graphs.get(key)
  if (known !== undefined) return known
  const classes = new Map([...COMMON, simCount(version)].map((spec) => [spec.name, spec]))
  const parsed = parseConfig(text, { known: (name) => classes.has(name) })
  const { graph, errors } = resolveGraph(parsed.graph, (name) => classes.get(name))
  if (graph === null || errors.length > 0 || parsed.errors.length > 0)
    throw new Error(JSON.stringify([...parsed.errors, ...errors]))
  graphs.set(key, graph)
  return graph
}
