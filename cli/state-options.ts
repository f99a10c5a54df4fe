// What `upgrade` and `rollback` have in common: the options about state, and the look at what would
// become of it before anything is asked for.

import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import type { ServiceHeld } from '../lib/wire/messages.ts'
import { ask, type Context } from './context.ts'
import { print, printJson } from './output.ts'
import { planText, planUpgrade, type UpgradePlan } from './upgrade-plan.ts'

export interface StateOptions {
  readonly map?: Readonly<Record<string, string>>
  readonly discard?: readonly string[]
  readonly dryRun?: boolean
}

export function withStateOptions(command: Command): Command {
  return command
    .option(
      '--map <old=new>',
      "take an element's state into one of another name, or of a class with the same columns",
      addMap,
    )
    .option(
      '--discard <element[.state]>',
      'leave the state of an element, or one of its states, behind',
      addDiscard,
    )
    .option('--dry-run', 'show what would become of the state, and do nothing')
}

/** A version to go to: `bytes` null: a stored one. */
export interface Wanted {
  readonly version: string
  readonly bytes: Uint8Array | null
}

/** Throws INCOMPATIBLE where the version cannot take what there is: nothing was started then. */
export async function plannedState(
  context: Context,
  now: ServiceHeld,
  { version, bytes }: Wanted,
  { map = {}, discard = [] }: StateOptions,
): Promise<UpgradePlan> {
  const stored = bytes ?? (await ask<Uint8Array>(context, 'artifact.get', { version }))
  return await planUpgrade(now, { version, bytes: stored }, { map, discard })
}

export function showPlan(
  context: Context,
  plan: UpgradePlan,
  { discard = [] }: StateOptions,
): void {
  if (context.json) printJson({ ok: true, dry_run: true, ...plan })
  else for (const line of planText(plan, { discard })) print(line)
}

function addMap(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, from, to] = /^([^=]+)=([^=]+)$/.exec(text) ?? []
  if (from === undefined || to === undefined)
    throw new InvalidArgumentError('give old=new, names of elements')
  const twice = before[from]
  if (twice !== undefined)
    throw new InvalidArgumentError(`'${from}' is mapped to '${twice}' already: state goes to one`)
  return { ...before, [from]: to }
}

function addDiscard(name: string, before: string[] = []): string[] {
  return [...before, name]
}
