// Rows of one version into rows of another: which steps a plan's entry means, and walking them.
//
// A step is an element author's: what it throws, and what it gives that does not fit the columns, is
// INCOMPATIBLE with the state and the version named, and ends the move before the flip.

import { ClickUpError } from '../lib/errors.ts'
import type { CellDecl, RowData, Step, TableDecl, TakenVersion } from './declare.ts'
import { kindOf, type SchemaColumn, type StateSchema, stateId } from './schema.ts'
import type { PlanEntry } from './state-plan.ts'
import { classesOf } from './table.ts'
import type { Layout } from './table-layout.ts'
import { arraysOver, type RecordArrays } from './table-rows.ts'

/** A place where columns lie: layout, arrays, and the first word of the row (or seen as one). */
export interface Place {
  readonly layout: Layout
  readonly at: RecordArrays
  readonly b: number
}

/**
 * The steps of an entry as one; null: rows travel as they are.
 * @param decl of the side that converts
 */
export function stepsOf(decl: TableDecl | CellDecl, entry: PlanEntry): Step | null {
  if (entry.convertAt === 'none') return null
  const { from, to } = entry
  const taken = entry.convertAt === 'target' ? takenOf(decl, from, to) : undefined
  const steps: Step[] = taken?.row === undefined ? [] : [taken.row]
  const first = taken?.to ?? from.version
  for (let v = first; v < to.version; v++) steps.push(stepOf(decl.upgrade, v))
  for (let v = first; v > to.version; v--) steps.push(stepOf(decl.downgrade, v - 1))
  const mends = entry.convertAt === 'target' ? to : from
  return (row) => {
    let now: RowData | null = row
    try {
      for (const step of steps) if (now !== null) now = step(now)
    } catch (cause) {
      throw wrongRow(entry, mends, cause)
    }
    return now
  }
}

function stepOf(steps: Readonly<Record<number, Step>> | undefined, v: number): Step {
  const step = steps?.[v]
  if (step === undefined) throw new Error(`plan: no step ${v}, though its schema says so`)
  return step
}

function takenOf(
  decl: TableDecl | CellDecl,
  from: StateSchema,
  to: StateSchema,
): TakenVersion | undefined {
  return kindOf(from) === kindOf(to) ? undefined : decl.takes?.[kindOf(from)]?.[from.version]
}

/** Converts one row. False: it is left behind. */
export function convertInto(
  steps: Step,
  entry: PlanEntry,
  source: Place,
  target: Place,
  keepsKey: boolean,
): boolean {
  const old = classesOf(source.layout).data.read(source.at, source.b)
  const { keyOf } = classesOf(target.layout).data
  // Now: a step may change the row that it is given.
  const key = keyOf(old)
  const row = steps(old)
  if (row === null) return false
  writeRow(entry, row, target)
  if (!keepsKey) return true
  const now = keyOf(row)
  for (let k = 0; k < now.length; k++)
    if (now[k] !== key[k]) throw changedKey(entry, target.layout.keys[k]!.name, key[k], now[k])
  return true
}

function changedKey(entry: PlanEntry, column: string, was: unknown, is: unknown): ClickUpError {
  return wrongRow(
    entry,
    entry.convertAt === 'target' ? entry.to : entry.from,
    `a step changed key column '${column}' (${was} to ${is}): give the column ` +
      `another name in the new version, so that rows of one key are told apart`,
  )
}

export function writeRow(entry: PlanEntry, row: RowData, { layout, at, b }: Place): void {
  try {
    classesOf(layout).data.write(at, b, row)
  } catch (cause) {
    throw wrongRow(entry, entry.convertAt === 'target' ? entry.to : entry.from, cause)
  }
}

function wrongRow({ from, to }: PlanEntry, mends: StateSchema, cause: unknown): ClickUpError {
  const versions =
    kindOf(from) === kindOf(to)
      ? `version ${from.version} could not be made one of version ${to.version}`
      : `${kindOf(from)} ${from.version} could not be made one of ${kindOf(to)} ${to.version}`
  return new ClickUpError(
    'INCOMPATIBLE',
    `state ${stateId(from)}: a row of ${versions}: ` +
      `${cause instanceof Error ? cause.message : String(cause)}`,
    `mend the steps of ${mends.className}'s state '${mends.state}', or give its rows up with ` +
      `--discard ${stateId(from)}`,
  )
}

/** Copies the key columns, which both layouts have, and leaves all others 0: what a removal says. */
export function copyKey(source: Place, target: Place): void {
  const key = classesOf(source.layout).data.read(source.at, source.b)
  const { read, write } = classesOf(target.layout).data
  const blank = read(arraysOver(new ArrayBuffer(target.layout.words * 4)), 0)
  for (const c of target.layout.keys) blank[c.name] = key[c.name]!
  write(target.at, target.b, blank)
}

/** Types that hold every value of another. */
const HOLDS: Readonly<Record<string, readonly string[]>> = {
  u8: ['u16', 'u32', 'i32', 'f64'],
  u16: ['u32', 'i32', 'f64'],
  u32: ['f64'],
  i32: ['f64'],
}

/**
 * May two rows have one key after conversion, or a row another one? Not where both versions have the
 * same key columns, each at least as wide as before.
 */
export function keysMayMeet({ from, to, convertAt }: PlanEntry): boolean {
  if (convertAt === 'none') return false
  if (kindOf(from) !== kindOf(to)) return true
  const was = from.columns.filter((c) => c.key)
  const is = to.columns.filter((c) => c.key)
  return was.length !== is.length || !was.every((c) => isHeld(c, is))
}

function isHeld({ name, type }: SchemaColumn, columns: readonly SchemaColumn[]): boolean {
  const now = columns.find((c) => c.name === name)?.type
  return now !== undefined && (now === type || (HOLDS[type] ?? []).includes(now))
}
