// click-up upgrade: a service to another version, live, with the progress of each step.

import { existsSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { readServiceFile } from '../lib/service-file.ts'
import type { ServiceHeld, ServiceUpgrade, Upgraded } from '../lib/wire/messages.ts'
import { checkedArtifact } from './check-config.ts'
import { ask, type Context, contextOf } from './context.ts'
import { print, printJson } from './output.ts'
import { UpgradeView } from './progress.ts'
import { planText, planUpgrade, type UpgradePlan } from './upgrade-plan.ts'

interface Options {
  readonly to: string
  readonly map?: Readonly<Record<string, string>>
  readonly discard?: readonly string[]
  readonly dryRun?: boolean
}

const EXAMPLES = `
Examples:
  click-up upgrade nat --to deploy/examples/nat/nat-v2.yaml
  click-up upgrade nat --to nat-v2.yaml --dry-run
      shows which state would go where, and what could not be taken
  click-up upgrade nat --to 4fe1a09c --map rewriter=rw --discard counters
      the element 'rewriter' is called 'rw' now; the state of 'counters' is given up
  click-up upgrade nat --to nat-v3.yaml --discard rw.shifts
      only that one state is given up`

export function upgradeCommand(): Command {
  return new Command('upgrade')
    .description('upgrade a service live: state is moved, no packet is lost')
    .argument('<service>', 'name of the service')
    .requiredOption('--to <file|version>', 'service file, or a version that was run before')
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
    .addHelpText('after', EXAMPLES)
    .action(async (service: string, options: Options, command: Command) => {
      const context = contextOf(command)
      const request = await requestOf(service, options)
      const plan = await planned(context, request, options.dryRun === true)
      if (plan !== null && options.dryRun === true) {
        if (context.json) printJson({ ok: true, dry_run: true, ...plan })
        else for (const line of planText(plan)) print(line)
        return
      }
      const view = new UpgradeView(context.json)
      if (!context.json) print(`${service}: upgrading`)
      const done = await ask<Upgraded>(context, 'service.upgrade', request, {
        onProgress: view.take,
      })
      view.done(done)
    })
}

/**
 * What would become of the state. Refused here, an upgrade has started nothing. A stored version is
 * fetched only for a dry run: the new replica checks it in any case.
 */
async function planned(
  context: Context,
  { service, version, artifact, map, discard }: ServiceUpgrade,
  dryRun: boolean,
): Promise<UpgradePlan | null> {
  if (artifact === null && !dryRun) return null
  const asked = artifact === null ? version : null
  const now = await ask<ServiceHeld>(context, 'service.held', { service, version: asked })
  if (now.version === (now.asked ?? version) && !dryRun) return null
  const full = now.asked ?? version
  const bytes = artifact ?? (await ask<Uint8Array>(context, 'artifact.get', { version: full }))
  return await planUpgrade(now, { version: full, bytes }, { map, discard })
}

async function requestOf(service: string, options: Options): Promise<ServiceUpgrade> {
  const { map = {}, discard = [], to } = options
  if (/^[0-9a-f]+$/.test(to) && !existsSync(to))
    return { service, version: to, artifact: null, settings: null, map, discard }
  const file = readServiceFile(to)
  const { artifact } = await checkedArtifact(file)
  const { version, bytes } = artifact
  return { service, version, artifact: bytes, settings: file.settings, map, discard }
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
