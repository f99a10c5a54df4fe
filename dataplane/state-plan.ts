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
//   - Another element class under the same name: refused, unless `map` names it.
//   - State that nothing takes: refused, empty or not (it may fill before the flip), unless
//     `discard` names it. A cell of an unnamed element, such as a count, is given up by itself.

import type { Finding } from '../lib/errors.ts'
import { type StateSchema, stateId } from './schema.ts'
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

export function planTransfer(
  from: readonly StateSchema[],
  to: readonly StateSchema[],
  options: PlanOptions = {},
): PlanResult {
  const findings: Finding[] = checkOptions(from, to, options)
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
    const taken = match(old, element, from, to, options)
    if ('message' in taken) {
      if (element === null && old.kind === 'cell') discarded.push(stateId(old))
      else findings.push(taken)
      continue
    }
    const other = takers.get(stateId(taken.to))
    if (other !== undefined) {
      const message = `${stateId(taken.to)} would take this state and ${other}: map one only`
      findings.push({ where: stateId(old), message })
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

function match(
  old: StateSchema,
  element: string | null,
  from: readonly StateSchema[],
  to: readonly StateSchema[],
  options: PlanOptions,
): PlanEntry | Finding {
  const where = stateId(old)
  const mapped = own(options.map, old.element)
  const taker = to.find((s) => s.element === element && s.state === old.state)
  if (taker === undefined) return { where, message: nobodyTakes(old, from, to, options) }
  if (mapped === undefined && taker.className !== old.className) {
    const message =
      `element ${old.element} was a ${old.className} and is a ${taker.className} now; ` +
      `take its state all the same with --map ${old.element}=${old.element}, ` +
      `or give it up with --discard ${where}`
    return { where, message }
  }
  const message =
    whyNotShape(old, taker) ?? whyNotVersion(old, taker) ?? whyNotSize(old, taker, options)
  return message === null
    ? { from: old, to: taker, convertAt: whoConverts(old, taker) }
    : { where, message }
}

function whoConverts(old: StateSchema, taker: StateSchema): PlanEntry['convertAt'] {
  if (old.fingerprint === taker.fingerprint) return 'none'
  return old.version < taker.version ? 'target' : 'source'
}

function whyNotShape(old: StateSchema, taker: StateSchema): string | null {
  const change =
    old.kind !== taker.kind
      ? `was a ${old.kind} and is a ${taker.kind} now`
      : old.scope !== taker.scope
        ? `had scope ${old.scope} and has scope ${taker.scope} now`
        : null
  return change === null
    ? null
    : `${change}: rows cannot be taken over; give them up with --discard ${stateId(old)}`
}

function whyNotVersion(old: StateSchema, taker: StateSchema): string | null {
  if (old.fingerprint === taker.fingerprint) return null
  const giveUp = `or give its rows up with --discard ${stateId(old)}`
  if (old.version === taker.version)
    return (
      `columns differ (${difference(old, taker)}) though both sides say version ` +
      `${old.version}: raise the version and declare an upgrade step, ${giveUp}`
    )
  if (old.version < taker.version)
    return taker.upgradesFrom.includes(old.version)
      ? null
      : `no upgrade path from version ${old.version} to ${taker.version} ` +
          `(the new version takes ${list(taker.upgradesFrom)}): declare the missing steps, ${giveUp}`
  return old.downgradesTo.includes(taker.version)
    ? null
    : `no downgrade path from version ${old.version} to ${taker.version} ` +
        `(the running version goes down to ${list(old.downgradesTo)}): ` +
        `declare the missing steps in the running version, ${giveUp}`
}

function whyNotSize(old: StateSchema, taker: StateSchema, options: PlanOptions): string | null {
  const size = own(options.sizes, stateId(old))
  if (size === undefined || size <= taker.capacity) return null
  return (
    `holds ${size} ${old.kind === 'packets' ? 'packets' : 'rows'}, and ${stateId(taker)} ` +
    `has capacity ${taker.capacity}: raise it in the new configuration`
  )
}

function nobodyTakes(
  old: StateSchema,
  from: readonly StateSchema[],
  to: readonly StateSchema[],
  options: PlanOptions,
): string {
  const giveUp = `or give it up with --discard ${stateId(old)}`
  const mapped = own(options.map, old.element)
  if (mapped !== undefined) return `${mapped} has no state '${old.state}': map another, ${giveUp}`
  // A renamed element is one of the same class that the old version did not have.
  const known = new Set(from.map((s) => s.element))
  const same = (s: StateSchema) => s.className === old.className && s.state === old.state
  const fits = to.find((s) => same(s) && !known.has(s.element)) ?? to.find(same)
  const nothing = isUnnamed(old.element)
    ? `the element has no name, and the versions have different numbers of such: which one takes it? Say`
    : `nothing in the new version takes this ${old.kind} of ${old.className}: where the element was renamed say`
  return `${nothing} --map ${old.element}=${fits?.element ?? 'NEW'}, ${giveUp}`
}

function checkOptions(
  from: readonly StateSchema[],
  to: readonly StateSchema[],
  options: PlanOptions,
): Finding[] {
  const findings: Finding[] = []
  for (const [old, taker] of Object.entries(options.map ?? {})) {
    const where = `--map ${old}=${taker}`
    if (!from.some((s) => s.element === old))
      findings.push({ where, message: `the running version has no element ${old} with state` })
    if (!to.some((s) => s.element === taker))
      findings.push({ where, message: `the new version has no element ${taker} with state` })
  }
  for (const name of options.discard ?? [])
    if (!from.some((s) => s.element === name || stateId(s) === name))
      findings.push({
        where: `--discard ${name}`,
        message: `the running version has no such state; it has ${from.map(stateId).join(', ') || 'none'}`,
      })
  return findings
}

function isDiscarded(s: StateSchema, options: PlanOptions): boolean {
  const names = options.discard ?? []
  return names.includes(s.element) || names.includes(stateId(s))
}

function difference(a: StateSchema, b: StateSchema): string {
  const text = (s: StateSchema) => s.columns.map((c) => `${c.name} ${c.type}`)
  const was = text(a)
  const is = text(b)
  const gone = was.filter((c) => !is.includes(c)).map((c) => `-${c}`)
  const added = is.filter((c) => !was.includes(c)).map((c) => `+${c}`)
  return [...gone, ...added].join(', ') || 'their order, or which are keys'
}

function list(versions: readonly number[]): string {
  return versions.length === 0 ? 'no other version' : `versions ${versions.join(', ')}`
}

/** Own properties only: element names come from people, and `constructor` is one. */
function own<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
}
