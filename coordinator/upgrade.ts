// An upgrade: start the new replica, move everything to it, stop the old one. Each step is in the
// store before it is taken, so that a coordinator that is started again knows where it was:
//
//   change written, move not begun   the new replica is stopped; nothing else has happened
//   move in the journal              its conductor finishes or undoes it
//   move finished, change still set  the outcome is written, then as ever
//
// What can refuse an upgrade does so before the move: ports and buckets that differ, a configuration
// with errors (the new replica says so and goes), state that cannot be taken (in `prepare`).

import { ClickUpError, ERROR_CODES, type ErrorCode, type Finding } from '../lib/errors.ts'
import { VERSIONS_KEPT } from '../lib/limits.ts'
import type { JournalRecord, MoveSpec, Progress, Step } from '../lib/move/types.ts'
import type {
  FlipAnswer,
  ReplicaId,
  ReplicaInfo,
  ServiceSettings,
  Transfer,
  Upgraded,
  UpgradeProgress,
} from '../lib/wire/messages.ts'
import { resumeInPlace, upgradeInPlace } from './in-place.ts'
import type { MoveResult } from './move.ts'
import { Move } from './move.ts'
import type { Service } from './service.ts'
import type { Change, Owner, ServiceRecord, Write } from './store.ts'

export interface UpgradeRequest {
  readonly version: string
  /** Bytes of a version that is new to the store, or null. */
  readonly artifact: Uint8Array | null
  readonly map: Readonly<Record<string, string>>
  readonly discard: readonly string[]
  /** In the running replica's process (in-place.ts). */
  readonly inPlace: boolean
}

export type Tell = (progress: UpgradeProgress) => void

export async function upgrade(
  service: Service,
  request: UpgradeRequest,
  tell: Tell,
): Promise<Upgraded> {
  const { clock } = service.parts
  const began = clock.now()
  const { owner } = service.record
  if (owner === null) throw notRunning(service.name)
  if (owner.version === request.version) return unchanged(service.name, owner)
  if (request.inPlace) return await upgradeInPlace(service, request, owner, tell)
  const target = `${service.name}.${service.record.nextReplica}`
  const change = await beginChange(service, request, target)
  tell({ event: 'starting', replica: change.target, version: change.version })
  const { readyMs, start } = await startTarget(service, change)
  const how = start === undefined ? {} : { start }
  tell({ event: 'replica_ready', replica: change.target, ms: readyMs, ...how })
  const result = await runMove(service, change, owner, null, tell)
  tell({ event: 'stopping', replica: result.outcome === 'undone' ? change.target : owner.replica })
  await settle(service, change, owner, result)
  const { outcome, progress, phases } = result
  if (outcome === 'undone' || outcome === 'lost') throw undone(service.name, result)
  const { totals, hold, swapUs } = progress
  return {
    service: service.name,
    outcome,
    from: owner.version,
    version: change.version,
    replica: change.target,
    move: change.move,
    rows_moved: totals.rows,
    deltas: totals.deltas,
    bytes: totals.bytes,
    packets_moved: totals.packets,
    packets_held: hold.held,
    held_overflow: hold.overflow,
    hold_ms: round(hold.holdUs / 1000),
    swap_us: round(swapUs),
    replica_ready_ms: readyMs,
    ...how,
    total_ms: round(clock.now() - began),
    phases: phases.map(({ step, ms }) => ({ step, ms: round(ms) })),
  }
}

/** What a rollback maps, by what the upgrade did. */
export function mappedBack(mapped: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(mapped).map(([old, now]) => [now, old]))
}

export function notRunning(service: string): ClickUpError {
  return new ClickUpError(
    'CONFLICT',
    `service '${service}' has no running replica yet`,
    'wait until it runs: click-up status --watch',
  )
}

/** Goes on with a change that a predecessor of this coordinator had begun. */
export async function resume(service: Service): Promise<void> {
  const { change, owner } = service.record
  if (change === null) return
  if (change.inPlace === true) return await resumeInPlace(service, change, owner)
  const record = service.parts.store.move(change.move)
  if (owner === null || record === null) {
    service.note('upgrade_undone', `the upgrade to ${change.version} had not begun`)
    await saveOutcome(service, { ...service.record, change: null })
    return
  }
  service.note('upgrade_resumed', `move ${change.move} was at '${record.decision}'`)
  const result = await runMove(service, change, owner, record, () => {})
  await settle(service, change, owner, result)
}

/** Refuses settings that cannot change while a service lives. */
export function checkSettings(now: ServiceSettings, next: ServiceSettings): void {
  const findings: Finding[] = []
  const differ = (where: string, a: unknown, b: unknown) => {
    if (JSON.stringify(a) !== JSON.stringify(b))
      findings.push({ where, message: `is ${JSON.stringify(a)}, would be ${JSON.stringify(b)}` })
  }
  differ('service', now.service, next.service)
  differ('buckets', 2 ** now.bucketsLog2, 2 ** next.bucketsLog2)
  differ('driver', now.driver, next.driver)
  differ('ports', now.ports, next.ports)
  if (findings.length > 0)
    throw new ClickUpError(
      'INCOMPATIBLE',
      `service '${now.service}': an upgrade cannot change this`,
      'undeploy the service and deploy it anew, or leave these as they are',
      findings,
    )
}

/** Writes down what is about to be done. @param target the replica that will run it */
export async function beginChange(
  service: Service,
  request: UpgradeRequest,
  target: ReplicaId,
): Promise<Change> {
  const { record, parts } = service
  const move = parts.store.nextMove()
  const { version, map, discard, artifact, inPlace } = request
  const change: Change = { version, target, move, map, discard, ...(inPlace ? { inPlace } : {}) }
  const known = record.versions.filter((v) => v !== version)
  const next: ServiceRecord = {
    ...record,
    nextReplica: record.nextReplica + (inPlace ? 0 : 1),
    versions: [...known, version],
    change,
  }
  const bytes: Write[] = artifact === null ? [] : [{ put: 'version', version, bytes: artifact }]
  await service.save(next, [...bytes, { put: 'nextMove', number: move + 1 }])
  service.note('upgrade_begun', `to version ${version} ${inPlace ? 'in place in' : 'as'} ${target}`)
  return change
}

/** Starts the new replica; where that fails, nothing has changed. */
async function startTarget(service: Service, change: Change): Promise<ReplicaInfo> {
  try {
    return await service.start(change.target, change.version, 'none')
  } catch (cause) {
    service.note('upgrade_failed', `${change.target}: ${(cause as Error).message}`)
    await saveOutcome(service, { ...service.record, change: null })
    // It is not the owner, so the plan stops whatever is left of it.
    await service.reconcile().catch(() => service.wake())
    throw cause
  }
}

async function runMove(
  service: Service,
  change: Change,
  owner: Owner,
  journal: JournalRecord | null,
  tell: Tell,
): Promise<MoveResult> {
  const { agents, clock, log, metrics } = service.parts
  const { host } = service.record
  const move = new Move(journal?.spec ?? (await specOf(service, change, owner)), {
    journal: (record) => service.commit([{ put: 'move', record }]),
    flip: async (flip) =>
      (await agents.request(host, 'agent.flip', { service: service.name, flip })) as FlipAnswer,
    send: async (replica, message) =>
      await agents.notify(host, 'agent.replicaMove', { replica, ...message }),
    onProgress: (progress, phases) => tell(stepOf(progress, phases)),
    clock,
    log: log.with({ service: service.name }),
  })
  service.move = move
  try {
    move.begin(journal)
    // One may have died before there was a move to tell. Not awaited: whatever the agent answers, the
    // move is conducted here to its end; an agent that does not answer says so in its next hello.
    agents.refresh(host).then(
      () => service.onInventory(),
      (error: unknown) => log.warn('inventory_unknown', { service: service.name, error }),
    )
    const result = await move.finished
    metrics.moveFinished(service.name, result)
    return result
  } finally {
    service.move = null
  }
}

async function specOf(service: Service, change: Change, owner: Owner): Promise<MoveSpec> {
  const { settings, epoch, host } = service.record
  const replicas = service.parts.agents.replicas(host, service.name)
  const schemas = replicas.find((r) => r.replica === owner.replica)?.schemas ?? []
  const sizes = await sizesOf(service, owner)
  const transfer: Transfer = { schemas, map: change.map, discard: change.discard, sizes }
  return {
    move: change.move,
    service: service.name,
    source: owner.replica,
    target: change.target,
    epoch,
    buckets: [[0, 2 ** settings.bucketsLog2]],
    primary: true,
    ports: settings.ports.length,
    transfer,
  }
}

/** What is held now: too small a capacity is refused by it. Unknown: it is seen as rows come. */
async function sizesOf(service: Service, owner: Owner): Promise<Record<string, number>> {
  const held = await service.held(owner.replica).catch(() => [])
  return Object.fromEntries(held.map(({ element, state, size }) => [`${element}.${state}`, size]))
}

/** Writes the outcome down and lets the plan stop whoever is not the owner. */
async function settle(
  service: Service,
  change: Change,
  owner: Owner,
  result: MoveResult,
): Promise<void> {
  const { outcome, epoch } = result
  const moved = outcome === 'done' || outcome === 'takeover'
  const { version, target } = change
  if (moved) {
    const next: ServiceRecord = {
      ...service.record,
      wanted: version,
      previous: owner.version,
      owner: { replica: target, version },
      epoch,
      change: null,
      mapped: change.map,
    }
    await saveOutcome(service, next)
    const lost = outcome === 'takeover' ? `; ${owner.replica} died on the way` : ''
    service.note('upgraded', `${target} runs version ${version}${lost}`)
  } else {
    await saveOutcome(service, { ...service.record, epoch, change: null })
    const { failure } = result
    service.note('upgrade_undone', `in step ${failure?.step}: ${failure?.message}`)
  }
  // The move is over and written down: what is left to stop is tried again until it is done.
  await service.reconcile().catch(() => service.wake())
}

/** Writes the record at the end of a change, and drops the versions that are too many. */
export async function saveOutcome(service: Service, record: ServiceRecord): Promise<void> {
  const dropped = oldVersions(record)
  const versions = record.versions.filter((v) => !dropped.includes(v))
  const removals = dropped.map((version): Write => ({ remove: 'version', version }))
  await service.save({ ...record, versions }, removals)
}

/** Versions beyond VERSIONS_KEPT, oldest first; never the running one or the one before. */
function oldVersions(record: ServiceRecord): string[] {
  const free = record.versions.filter((v) => v !== record.wanted && v !== record.previous)
  return free.slice(0, Math.max(0, record.versions.length - VERSIONS_KEPT))
}

function stepOf(progress: Progress, phases: MoveResult['phases']): UpgradeProgress {
  const { step, totals, swapUs, hold } = progress
  return {
    event: 'step',
    step,
    ms: round(phases.reduce((sum, phase) => sum + phase.ms, 0)),
    rows: totals.rows,
    deltas: totals.deltas,
    bytes: totals.bytes,
    rounds: totals.rounds,
    pending: totals.pending,
    hold_ms: round(hold.holdUs / 1000),
    held: hold.held,
    swap_us: round(swapUs),
  }
}

/** To a microsecond: more digits are noise. */
export function round(ms: number): number {
  return Math.round(ms * 1000) / 1000
}

/** Steps in which packets may be with the target already. */
const AFTER_FLIP: readonly Step[] = ['flip', 'seal', 'drain']

function undone(service: string, { outcome, failure }: MoveResult): ClickUpError {
  const code = failure?.code ?? ''
  const known = code in ERROR_CODES ? (code as ErrorCode) : 'MOVE_FAILED'
  // A refusal keeps its code; whatever else ended the move is a failed move.
  const refusal = known === 'INCOMPATIBLE' || known === 'LIMIT' || known === 'CONFIG'
  const flipped = failure !== null && AFTER_FLIP.includes(failure.step)
  const back = flipped
    ? 'the old version runs on with its state; packets that went to the new one are lost'
    : 'the old version runs on, nothing has changed'
  const end = outcome === 'lost' ? 'both replicas died; a new one was started empty' : back
  return new ClickUpError(
    refusal ? known : 'MOVE_FAILED',
    `service '${service}', step ${failure?.step ?? '?'}: ${failure?.message ?? 'failed'}`,
    refusal ? `${end}; see --map and --discard` : end,
    failure?.findings ?? [],
  )
}

export function unchanged(service: string, owner: Owner): Upgraded {
  return {
    service,
    outcome: 'unchanged',
    from: owner.version,
    version: owner.version,
    replica: owner.replica,
    move: 0,
    rows_moved: 0,
    deltas: 0,
    bytes: 0,
    packets_moved: 0,
    packets_held: 0,
    held_overflow: 0,
    hold_ms: 0,
    swap_us: 0,
    replica_ready_ms: 0,
    total_ms: 0,
    phases: [],
  }
}
