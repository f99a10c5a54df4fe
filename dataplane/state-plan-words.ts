// Why state cannot be taken, said to the one who upgrades: what it is, why, and the option or the
// step to write. Each ends with the way to give the state up, since that is always open.

import type { Finding } from '../lib/errors.ts'
import { kindOf, type StateSchema, stateId } from './schema.ts'
import { isUnnamed } from './state-unnamed.ts'

type Schemas = readonly StateSchema[]

const giveUp = (old: StateSchema) => `or give it up with --discard ${stateId(old)}`

/** Options that name nothing. */
export function wrongOptions(
  from: Schemas,
  to: Schemas,
  {
    map = {},
    discard = [],
  }: {
    readonly map?: Readonly<Record<string, string>>
    readonly discard?: readonly string[]
  },
): Finding[] {
  const findings: Finding[] = []
  for (const [old, taker] of Object.entries(map)) {
    const where = `--map ${old}=${taker}`
    const say = (which: string, name: string, schemas: Schemas) => {
      if (schemas.some((s) => s.element === name)) return
      const message = `the ${which} version has no element ${name} with state; it has ${elements(schemas)}`
      findings.push({ where, message })
    }
    say('running', old, from)
    say('new', taker, to)
  }
  for (const name of discard)
    if (!from.some((s) => s.element === name || stateId(s) === name))
      findings.push({
        where: `--discard ${name}`,
        message: `the running version has no such state; it has ${from.map(stateId).join(', ') || 'none'}`,
      })
  return findings
}

function elements(schemas: Schemas): string {
  return [...new Set(schemas.map((s) => s.element))].join(', ') || 'none'
}

/** Nothing has the place of this state. */
export function nobodyTakes(
  old: StateSchema,
  mapped: string | undefined,
  from: Schemas,
  to: Schemas,
): string {
  if (mapped !== undefined)
    return `${mapped} has no state '${old.state}': map another, ${giveUp(old)}`
  const namesake = to.find((s) => s.element === old.element)
  if (namesake !== undefined && !isUnnamed(old.element))
    return (
      `${old.element} :: ${namesake.className} has no state '${old.state}' any more: declare which ` +
      `of its states takes it, ${takesClause(old)}, ${giveUp(old)}`
    )
  const fits = successor(old, from, to)
  const nothing = isUnnamed(old.element)
    ? `the element has no name, and the versions have different numbers of such: which one takes it? Say`
    : `nothing in the new version takes this ${old.kind} of ${old.className}: where the element was renamed say`
  return `${nothing} --map ${old.element}=${fits?.element ?? 'NEW'}, ${giveUp(old)}`
}

/** A renamed element is one of the same class that the old version did not have. */
function successor(old: StateSchema, from: Schemas, to: Schemas): StateSchema | undefined {
  const known = new Set(from.map((s) => s.element))
  const isNew = (s: StateSchema) => !known.has(s.element)
  const same = (s: StateSchema) => kindOf(s) === kindOf(old)
  const takes = (s: StateSchema) => s.takes !== undefined && Object.hasOwn(s.takes, kindOf(old))
  return (
    to.find((s) => same(s) && isNew(s)) ?? to.find((s) => takes(s) && isNew(s)) ?? to.find(same)
  )
}

/** What cannot be converted at all. */
export function otherShape(old: StateSchema, taker: StateSchema): string | null {
  const rest =
    `a new state of another name starts empty beside it; give the rows up with ` +
    `--discard ${stateId(old)}`
  if (old.kind !== taker.kind)
    return `was a ${old.kind} and is a ${taker.kind} now, and rows cannot be taken over: ${rest}`
  if (old.scope === taker.scope) return null
  return (
    `had scope ${old.scope} and has scope ${taker.scope} now: which replica is to have a row would ` +
    `not be the same any more, and rows cannot be taken over: ${rest}`
  )
}

export function tooMany(old: StateSchema, taker: StateSchema, size: number): string {
  return (
    `holds ${size} rows, and ${stateId(taker)} of the new version has room for ` +
    `${taker.capacity}: raise its capacity in the new configuration, ${giveUp(old)}`
  )
}

export function twoIntoOne(old: StateSchema, taker: StateSchema, other: string): string {
  return (
    `${stateId(taker)} would take this state and ${other}: map one only (two states cannot become ` +
    `one), and give the other up with --discard ${stateId(old)} or --discard ${other}`
  )
}

/** Two versions of one state, without steps from one to the other. */
export function noSteps(old: StateSchema, taker: StateSchema): string {
  const state = `state '${taker.state}' of ${taker.className}`
  if (old.version === taker.version)
    return (
      `columns differ (${difference(old, taker)}) though both sides say version ${old.version}: ` +
      `raise the version of ${state} to ${old.version + 1} and declare ` +
      `upgrade: { ${old.version}: (row) => … }, ${giveUp(old)}`
    )
  if (old.version < taker.version)
    return (
      `no upgrade path from version ${old.version} to ${taker.version} (the new version takes ` +
      `${list(taker.upgradesFrom)}): declare upgrade steps ` +
      `${range(old.version, taker.version, taker.upgradesFrom)} in ${state}, ${giveUp(old)}`
    )
  return (
    `no downgrade path from version ${old.version} to ${taker.version} (the running version goes ` +
    `down to ${list(old.downgradesTo)}): declare downgrade steps ` +
    `${range(taker.version, old.version, old.downgradesTo)} in ${state} as the running version has ` +
    `it (upgrade to that first), ${giveUp(old)}`
  )
}

/** A class, or a state name, that does not say that it takes the old one. */
export function notTaken(old: StateSchema, taker: StateSchema): string {
  const change =
    old.className !== taker.className && old.element === taker.element
      ? `element ${old.element} was a ${old.className} and is a ${taker.className} now`
      : `${stateId(taker)} is state of a ${taker.className}, not of a ${old.className}`
  const versions =
    taker.takes !== undefined && Object.hasOwn(taker.takes, kindOf(old))
      ? (taker.takes[kindOf(old)] ?? []).map((t) => t.version)
      : []
  if (versions.length > 0)
    return (
      `${change}; it takes ${kindOf(old)} of ${list(versions)}, not of version ${old.version}: ` +
      `declare ${takesClause(old)} in state '${taker.state}' of ${taker.className}, ${giveUp(old)}`
    )
  if (old.fingerprint === taker.fingerprint)
    return (
      `${change}; the columns are the same: if they mean the same, take them with ` +
      `--map ${old.element}=${taker.element}, ${giveUp(old)}`
    )
  return (
    `${change}, which does not say how it takes ${kindOf(old)} (${difference(old, taker)}): declare ` +
    `${takesClause(old)} in state '${taker.state}' of ${taker.className}, ${giveUp(old)}`
  )
}

function takesClause(old: StateSchema): string {
  return `takes: { '${kindOf(old)}': { ${old.version}: { to: …, row: (row) => … } } }`
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
  if (versions.length === 0) return 'no other version'
  return `version${versions.length === 1 ? '' : 's'} ${versions.join(', ')}`
}

/** The steps from `low` up to `high` that are missing; `have` is an unbroken chain below `high`. */
function range(low: number, high: number, have: readonly number[]): string {
  const missing: number[] = []
  for (let v = low; v < high; v++) if (!have.includes(v)) missing.push(v)
  return missing.join(', ')
}
