// What an upgrade would do with the state: worked out here, from what runs and from the new version's
// configuration, before anything is started or changed. The new replica works it out again.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AnyElement } from '../dataplane/element.ts'
import { type StateSchema, stateId } from '../dataplane/schema.ts'
import { type PlanEntry, planTransfer } from '../dataplane/state-plan.ts'
import type { Artifact } from '../lib/artifact.ts'
import { storeArtifact } from '../lib/artifact.ts'
import { loadArtifact } from '../lib/artifact-load.ts'
import { ClickUpError } from '../lib/errors.ts'
import type { ServiceHeld } from '../lib/wire/messages.ts'
import { bytesText, table } from './output.ts'

export interface UpgradeWords {
  readonly map: Readonly<Record<string, string>>
  readonly discard: readonly string[]
}

/** A state of the running version, and what would become of it. */
export interface PlannedState {
  readonly state: string
  readonly class: string
  readonly kind: StateSchema['kind']
  /** State of the new version that takes it, and its class; null: it is given up. */
  readonly into: string | null
  readonly into_class: string | null
  /** Rows or packets now, and bytes of these rows in the stream (packets: 0, they differ). */
  readonly held: number
  readonly bytes: number
  readonly from_version: number
  readonly to_version: number | null
  /** Which side converts its rows. */
  readonly converted_by: 'nobody' | 'running' | 'new'
}

export interface UpgradePlan {
  readonly service: string
  readonly from: string
  readonly version: string
  readonly replica: string
  readonly states: readonly PlannedState[]
  /** States of the new version that start empty. */
  readonly empty: readonly string[]
}

/** Throws INCOMPATIBLE with all findings where the new version cannot take what there is. */
export async function planUpgrade(
  now: ServiceHeld,
  artifact: Artifact,
  words: UpgradeWords,
): Promise<UpgradePlan> {
  const { streamedBytes } = await import('../dataplane/state-schemas.ts')
  const from = now.schemas as readonly StateSchema[]
  const to = await schemasIn(artifact)
  const sizes = Object.fromEntries(now.held.map((h) => [`${h.element}.${h.state}`, h.size]))
  const planned = planTransfer(from, to, { ...words, sizes })
  if (!planned.ok)
    throw new ClickUpError(
      'INCOMPATIBLE',
      `service '${now.service}': version ${artifact.version} cannot take the state of ${now.version}`,
      'nothing was started; see --map and --discard',
      planned.findings,
    )
  const { entries, discarded } = planned.plan
  const taken = new Map(entries.map((e) => [stateId(e.from), e]))
  const states = from
    .filter((s) => taken.has(stateId(s)) || discarded.includes(stateId(s)))
    .map((s) => plannedState(s, taken.get(stateId(s)), sizes[stateId(s)] ?? 0, streamedBytes(s)))
  const takers = new Set(entries.map((e) => stateId(e.to)))
  const empty = to.filter((s) => s.scope !== 'local' && !takers.has(stateId(s))).map(stateId)
  const { service, version, replica } = now
  return { service, from: version, version: artifact.version, replica, states, empty }
}

/** The schemas of a version's states. */
async function schemasIn(artifact: Artifact): Promise<StateSchema[]> {
  const { loadGraph } = await import('../dataplane/load-graph.ts')
  const { schemasOfGraph } = await import('../dataplane/state-schemas.ts')
  const dir = mkdtempSync(join(tmpdir(), 'click-up-'))
  try {
    const loaded = await loadArtifact<AnyElement>(storeArtifact(dir, artifact))
    const { graph, errors } = await loadGraph(loaded, loaded.classes, { builtIn: false })
    if (graph !== null) return schemasOfGraph(graph)
    const hint = 'nothing was started'
    throw new ClickUpError('CONFIG', `${loaded.configName} has errors`, hint, errors)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function plannedState(
  s: StateSchema,
  entry: PlanEntry | undefined,
  held: number,
  rowBytes: number,
): PlannedState {
  const converted = { none: 'nobody', source: 'running', target: 'new' } as const
  return {
    state: stateId(s),
    class: s.className,
    kind: s.kind,
    into: entry === undefined ? null : stateId(entry.to),
    into_class: entry === undefined ? null : entry.to.className,
    held,
    bytes: held * rowBytes,
    from_version: s.version,
    to_version: entry === undefined ? null : entry.to.version,
    converted_by: converted[entry?.convertAt ?? 'none'],
  }
}

/** The plan for people. */
export function planText(plan: UpgradePlan, words: Pick<UpgradeWords, 'discard'>): string[] {
  const rows = plan.states.map((s) => [
    s.state,
    s.into ?? '-',
    `${s.held} ${s.kind === 'packets' ? 'packets' : s.kind === 'cell' ? 'cell' : 'rows'}`,
    s.kind === 'packets' ? '' : bytesText(s.bytes),
    howText(s, !words.discard.some((d) => s.state === d || s.state.startsWith(`${d}.`))),
  ])
  const moving = rows.length === 0 ? ['no state would move'] : table([HEAD, ...rows])
  return [
    `${plan.service}: ${plan.from} (${plan.replica}) to ${plan.version}`,
    ...moving.map((line) => `  ${line}`.trimEnd()),
    ...plan.empty.map((state) => `  ${state} is new and starts empty`),
    'nothing was done; without --dry-run this is what moves, as it is then',
  ]
}

const HEAD = ['STATE', 'INTO', 'NOW', 'BYTES', 'HOW']

function howText(s: PlannedState, byItself: boolean): string {
  if (s.into === null) return byItself ? 'given up: no name tells which it is now' : 'given up'
  const version =
    s.into_class !== s.class
      ? `${s.class} ${s.from_version} becomes ${s.into_class} ${s.to_version}`
      : s.from_version === s.to_version
        ? ''
        : `version ${s.from_version} becomes ${s.to_version}`
  const by = {
    nobody: '',
    running: ' (the running version converts)',
    new: ' (the new version converts)',
  }
  return version === '' ? 'as it is' : `${version}${by[s.converted_by]}`
}
