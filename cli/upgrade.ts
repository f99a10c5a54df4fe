// click-up upgrade: a service to another version, live, with the progress of each step.

import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { artifactFromFile } from '../lib/artifact.ts'
import { readServiceFile } from '../lib/service-file.ts'
import type { ServiceHeld, ServiceUpgrade, Upgraded } from '../lib/wire/messages.ts'
import { checkedArtifact } from './check-config.ts'
import { ask, type Context, contextOf } from './context.ts'
import { print } from './output.ts'
import { UpgradeView } from './progress.ts'
import { plannedState, type StateOptions, showPlan, withStateOptions } from './state-options.ts'

interface Options extends StateOptions {
  readonly to: string
  readonly inPlace?: boolean
}

const EXAMPLES = `
Examples:
  click-up upgrade nat --to deploy/examples/nat/nat-v2.yaml
  click-up upgrade nat --to nat-v2.yaml --dry-run
      shows which state would go where, and what could not be taken
  click-up upgrade nat --to 4fe1a09c --map rewriter=rw --discard counters
      the element 'rewriter' is called 'rw' now; the state of 'counters' is given up
  click-up upgrade nat --to nat-v3.yaml --discard rw.shifts
      only that one state is given up
  click-up upgrade nat --to nat-v2.yaml --in-place
      in the running process: packets wait for less than a millisecond`

export function upgradeCommand(): Command {
  const command = new Command('upgrade')
    .description('upgrade a service live: state is moved, no packet is lost')
    .argument('<service>', 'name of the service')
    .requiredOption(
      '--to <file|version>',
      'service file, a version that was run before, or a file of `build --output`',
    )
    .option('--in-place', 'in the running process, in place of a new one')
  return withStateOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (service: string, options: Options, command: Command) => {
      const context = contextOf(command)
      const request = await requestOf(service, options)
      if (await isPlanOnly(context, request, options)) return
      const view = new UpgradeView(context.json)
      if (!context.json) print(`${service}: upgrading`)
      const done = await ask<Upgraded>(context, 'service.upgrade', request, {
        onProgress: view.take,
      })
      view.done(done)
    })
}

/** Looks at what would become of the state, and shows it where only that was asked for. */
async function isPlanOnly(
  context: Context,
  { service, version, artifact }: ServiceUpgrade,
  options: Options,
): Promise<boolean> {
  const asked = artifact === null ? version : null
  const now = await ask<ServiceHeld>(context, 'service.held', { service, version: asked })
  const wanted = { version: now.asked ?? version, bytes: artifact }
  if (options.dryRun !== true && wanted.version === now.version) return false
  const plan = await plannedState(context, now, wanted, options)
  if (options.dryRun === true) showPlan(context, plan, options)
  return options.dryRun === true
}

async function requestOf(service: string, options: Options): Promise<ServiceUpgrade> {
  const { map = {}, discard = [], to, inPlace = false } = options
  if (/^[0-9a-f]+$/.test(to) && !existsSync(to))
    return { service, version: to, artifact: null, settings: null, map, discard, inPlace }
  const given = artifactFromFile(to)
  if (given !== null) {
    const { version, bytes } = given
    return { service, version, artifact: bytes, settings: null, map, discard, inPlace }
  }
  const file = readServiceFile(to)
  const { artifact } = await checkedArtifact(file)
  const { version, bytes } = artifact
  return { service, version, artifact: bytes, settings: file.settings, map, discard, inPlace }
}
