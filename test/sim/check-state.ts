// What must hold of the tables of all replicas when a run is over: rows as in a run without a move,
// sums and maxima that add up, times that are times, and nothing left behind.

import type { CellEntry, TableEntry } from '../../dataplane/state.ts'
import { OWNED } from '../../lib/move/gate.ts'
import { type CountRow, columnsOf } from './elements.ts'
import type { Replica } from './replica.ts'
import { IDLE_FLOWS_FROM, type Run } from './run.ts'
import { entryOf } from './scenario.ts'

/** Rows of all owners of `run`, by flow. */
export function rowsOf(replica: Replica): Map<number, CountRow> {
  const { loop } = replica
  const names = columnsOf(loop.version)
  const rows = new Map<number, CountRow>()
  tableOf(replica, 'flows').table.each((view: unknown) => {
    const row = view as Readonly<Record<string, number>>
    rows.set(row[names.key]!, { count: row[names.count]!, digest: row.digest!, at: row.at! })
  })
  return rows
}

function tableOf(replica: Replica, state: string) {
  const entry = replica.loop.store.entry('count', state) as TableEntry
  return entry as TableEntry & { table: { each(visit: (row: unknown) => void): void } }
}

function cellOf(replica: Replica, state: string): Record<string, number> {
  return (replica.loop.store.entry('count', state) as CellEntry).cell as never
}

/** Nothing is left behind at those who live. */
export function checkRest(run: Run, findings: string[]): void {
  for (const replica of run.replicas.values()) {
    const { process, loop } = replica
    if (!process.alive) continue
    const { name } = process
    for (const entry of loop.store.entries()) {
      if (entry.kind === 'packets') {
        if (entry.fifo.length > 0) findings.push(`rest: ${name} has packets in a queue`)
        continue
      }
      const { rows, schema } = entry
      if (rows.tracking !== 0) findings.push(`rest: ${name} still marks rows of ${schema.state}`)
      if (schema.scope !== 'flow') continue
      const { states } = loop.gate.buckets
      for (let r = 0; r < rows.top; r++) {
        if (!rows.isLive(r)) continue
        const bucket = rows.bucketOf(r)
        if (states[bucket < 0 ? states.length - 1 : bucket] === OWNED) continue
        findings.push(`rest: ${name} keeps rows of bucket ${bucket} in ${schema.state}`)
        break
      }
    }
    const recent = tableOf(replica, 'recent').rows.size
    if (recent > 0 && loop.router.active) findings.push(`rest: ${name}: ${recent} idle rows stay`)
    if (loop.gate.heldCount > 0) findings.push(`rest: ${name} holds ${loop.gate.heldCount} packets`)
    if (!loop.idle) {
      const { frames, available } = loop.pool
      findings.push(`rest: ${name}: ${frames - available} frames of the pool are gone`)
    }
    if (expiryIsHeld(replica)) findings.push(`rest: ${name} still holds expiry`)
  }
}

function expiryIsHeld({ loop }: Replica): boolean {
  try {
    loop.store.releaseExpiry()
    return true
  } catch {
    return false
  }
}

/** Where no replica died and nothing was dropped, nothing may tell that there was a move. */
export function checkState(run: Run, without: () => Run, findings: string[]): void {
  const replicas = [...run.replicas.values()]
  if (run.world.kills.some((k) => run.replicas.has(k))) return
  checkTimes(run, replicas, findings)
  checkShared(run, replicas, findings)
  checkLatest(run, replicas, findings)
  if (run.traffic.fates.some((f) => f.dropped !== '' || f.givenUp)) return
  // A move that did not fit, and was undone, left no room for new rows of the target's own
  // meanwhile.
  if (replicas.some((r) => tableOf(r, 'flows').rows.full > 0)) return
  const other = without()
  if (run.traffic.fates.length !== other.traffic.fates.length)
    findings.push(`rows: traffic differs: ${run.traffic.fates.length} packets`)
  const expected = rowsOf(other.replicas.get('nf.1')!)
  const rows = new Map(replicas.flatMap((r) => [...rowsOf(r)]))
  for (const flow of new Set([...expected.keys(), ...rows.keys()])) {
    const [is, was] = [rows.get(flow), expected.get(flow)]
    if (is?.count === was?.count && is?.digest === was?.digest) continue
    findings.push(`rows: flow ${flow}: ${JSON.stringify(is)} and not ${JSON.stringify(was)}`)
    return
  }
}

/** A row's time is when its flow's last packet came: on its way it may seem younger, not older. */
function checkTimes(run: Run, replicas: readonly Replica[], findings: string[]): void {
  for (const replica of replicas) {
    const { rate, offsetMs } = run.scenario.clocks[entryOf(replica.process.name)]!
    for (const [flow, row] of rowsOf(replica)) {
      const last = flow >= IDLE_FLOWS_FROM ? 0 : (run.traffic.lastMs[flow] ?? -1)
      if (last < 0 || row.at === 0) continue
      const at = (row.at - offsetMs) / rate
      // The clocks' rates differ by some percent: so do ages.
      if (at > last - 0.05 * run.stopMs - 2 && at < run.world.now + 1) continue
      findings.push(`times: flow ${flow}: ${at.toFixed(1)} ms for ${last.toFixed(1)} ms`)
      return
    }
  }
}

/**
 * Who owns everything has the last word of each port: it processed it, or the last source sent it.
 */
function checkLatest(run: Run, replicas: readonly Replica[], findings: string[]): void {
  const owner = replicas.find((r) => r.loop.gate.buckets.states.every((s) => s === OWNED))
  const last = run.coordinator.finishes.at(-1)
  if (owner === undefined || last?.spec.primary !== true) return
  const { rate, offsetMs } = run.scenario.clocks[entryOf(owner.process.name)]!
  const seen = new Map<number, number>()
  tableOf(owner, 'latest').table.each((view) => {
    const { port, at } = view as { port: number; at: number }
    seen.set(port, (at - offsetMs) / rate)
  })
  for (let port = 0; port < run.scenario.ports; port++) {
    const times = run.traffic.lastMs.filter(
      (ms, flow) => ms >= 0 && flow % run.scenario.ports === port,
    )
    if (times.length === 0) continue
    const expected = Math.max(...times)
    const is = seen.get(port) ?? -1
    if (is > expected - 0.05 * run.stopMs - 2 && is < run.world.now + 1) continue
    findings.push(`times: port ${port}: ${is.toFixed(1)} ms for ${expected.toFixed(1)} ms`)
  }
}

function checkShared(run: Run, replicas: readonly Replica[], findings: string[]): void {
  const fates = run.traffic.fates.filter((f) => f.processed > 0)
  const total = replicas.reduce((n, r) => n + cellOf(r, 'total').packets!, 0)
  if (total !== fates.length) findings.push(`sums: ${total} packets counted of ${fates.length}`)
  const peak = Math.max(...replicas.map((r) => cellOf(r, 'peak').n!))
  const highest = Math.max(...fates.map((f) => f.packet.n), 0)
  if (peak !== highest) findings.push(`sums: the highest number is ${highest}, not ${peak}`)
  const ports = new Map<number, number>()
  for (const r of replicas)
    tableOf(r, 'sums').table.each((view) => {
      const { port, packets } = view as { port: number; packets: number }
      ports.set(port, (ports.get(port) ?? 0) + packets)
    })
  for (let port = 0; port < run.scenario.ports; port++) {
    const expected = fates.filter((f) => f.packet.port === port).length
    if ((ports.get(port) ?? 0) !== expected)
      findings.push(`sums: ${ports.get(port)} packets of port ${port} counted of ${expected}`)
  }
}
