// Decides, before a move starts, which state of the new version takes which of the old one, and in
// which version rows travel. Pure: schemas in, plan or all findings out.
//
// Rules
//   - `local` state never moves and never refuses.
//   - Same element (or the one that `map` names) and same state name: taken. Unnamed elements are told
//     by their order (state-unnamed.ts).
//   - Equal fingerprints: rows travel as they are.
//   - An older version: the target brings rows up (it knows the later steps).
//   - A newer version (a rollback): the source brings rows down before it sends them, since the
//     older code at the target cannot know how.
//   - Another element class under the same name: taken where the new class says that it takes the
//     old one's (`takes`); the target converts. Else refused, unless `map` names it and the rows
//     have the same columns.
//   - State that nothing takes: refused, empty or not (it may fill before the flip), unless
//     `discard` names it. A cell of an unnamed element, such as a count, is given up by itself.
//   - A rule of merging may change: rows that come are joined by the new one.

import type { Finding } from '../lib/errors.ts'
import { kindOf, type StateSchema, stateId } from './schema.ts'
import * as words from './state-plan-words.ts'
import { isUnnamed, unnamedTakers } from './state-unnamed.ts'

export interface PlanEntry {
  readonly from: StateSchema
  readonly to: StateSchema
  /** Which side converts rows. 'source': rows travel as `to`; else as `from`. */
  readonly convertAt: 'none' | 'source' | 'target'
}

/** Plain data, the same on both sides: chunks name states by their position in `entries`. */
export interface TransferPlan {
  readonly entries: readonly PlanEntry[]
  /** States that are given up, as `element.state`. */
  readonly discarded: readonly string[]
}

export interface PlanOptions {
  /** Element of the new version by element of the old one. */
  readonly map?: Readonly<Record<string, string>>
  /** `element` or `element.state` of the old version. */
  readonly discard?: readonly string[]
  /** Rows or packets that the source holds now, by `element.state`: checked against capacities. */
  readonly sizes?: Readonly<Record<string, number>>
  /** `local` state goes along too: both sides are one process. */
  readonly local?: boolean
}

export type PlanResult =
  | { readonly ok: true; readonly plan: TransferPlan }
  | { readonly ok: false; readonly findings: readonly Finding[] }

/** Both versions, for all that looks at more than one state. */
interface Versions {
  readonly from: readonly StateSchema[]
  readonly to: readonly StateSchema[]
  readonly options: PlanOptions
}

export function planTransfer(
  from: readonly StateSchema[],
  to: readonly StateSchema[],
  options: PlanOptions = {},
): PlanResult {
  const versions = { from, to, options }
  const findings: Finding[] = words.wrongOptions(from, to, options)
  const entries: PlanEntry[] = []
  const discarded: string[] = []
  const takers = new Map<string, string>()
  const unnamed = unnamedTakers(from, to)
  for (const old of from) {
    if (old.scope === 'local' && options.local !== true) continue
    if (isDiscarded(old, options)) {
      discarded.push(stateId(old))
      continue
    }
    const element = takerOf(old.element, unnamed, options)
    const taken = match(old, element, versions)
    if (typeof taken === 'string') {
      if (element === null && old.kind === 'cell') discarded.push(stateId(old))
      else findings.push({ where: stateId(old), message: taken })
      continue
    }
    const other = takers.get(stateId(taken.to))
    if (other !== undefined) {
      findings.push({ where: stateId(old), message: words.twoIntoOne(old, taken.to, other) })
      continue
    }
    takers.set(stateId(taken.to), stateId(old))
    entries.push(taken)
  }
  return findings.length > 0 ? { ok: false, findings } : { ok: true, plan: { entries, discarded } }
}

/** Name of the element that takes an element's state; null: it is unnamed, and nobody can tell. */
function takerOf(
  old: string,
  unnamed: ReadonlyMap<string, string>,
  options: PlanOptions,
): string | null {
  return own(options.map, old) ?? unnamed.get(old) ?? (isUnnamed(old) ? null : old)
}

/** The entry for an old state, or what is in the way, for people. */
function match(old: StateSchema, element: string | null, versions: Versions): PlanEntry | string {
  const { from, to, options } = versions
  const mapped = own(options.map, old.element)
  const taker = stateFor(old, element, to)
  if (taker === undefined) return words.nobodyTakes(old, mapped, from, to)
  const shape = words.otherShape(old, taker)
  if (shape !== null) return shape
  const size = own(options.sizes, stateId(old))
  // A smaller queue keeps what it is handed until that has gone.
  if (size !== undefined && size > taker.capacity && old.kind === 'table')
    return words.tooMany(old, taker, size)
  const convertAt = kindOf(old) === kindOf(taker) ? byVersion(old, taker) : byTakes(old, taker)
  if (convertAt !== null) return { from: old, to: taker, convertAt }
  const said = mapped !== undefined && old.fingerprint === taker.fingerprint
  if (kindOf(old) === kindOf(taker)) return words.noSteps(old, taker)
  return said ? { from: old, to: taker, convertAt: 'none' } : words.notTaken(old, taker)
}

/** The state of an element that is for an old one: of its name, or one that says that it takes it. */
function stateFor(
  old: StateSchema,
  element: string | null,
  to: readonly StateSchema[],
): StateSchema | undefined {
  const states = to.filter((s) => s.element === element)
  const same = states.find((s) => s.state === old.state)
  if (same?.className === old.className) return same
  return states.find((s) => own(s.takes, kindOf(old)) !== undefined) ?? same
}

/** Who converts between two versions of one state; null: there are no steps. */
function byVersion(old: StateSchema, taker: StateSchema): PlanEntry['convertAt'] | null {
  if (old.fingerprint === taker.fingerprint) return 'none'
  if (taker.upgradesFrom.includes(old.version)) return 'target'
  return old.downgradesTo.includes(taker.version) ? 'source' : null
}

/** Who converts another class's rows; null: the taker does not know how. */
function byTakes(old: StateSchema, taker: StateSchema): PlanEntry['convertAt'] | null {
  const taken = own(taker.takes, kindOf(old))?.find((t) => t.version === old.version)
  if (taken === undefined) return null
  return taken.asIs && old.fingerprint === taker.fingerprint ? 'none' : 'target'
}

function isDiscarded(s: StateSchema, options: PlanOptions): boolean {
  const names = options.discard ?? []
  return names.includes(s.element) || names.includes(stateId(s))
}

/** Own properties only: element names come from people, and `constructor` is one. */
function own<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
}
