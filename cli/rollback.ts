// click-up rollback: an upgrade back to the version before the last one, as live as any. What that
// upgrade renamed by --map is named back.

import { Command } from 'commander'
import type { ServiceHeld, Upgraded } from '../lib/wire/messages.ts'
import { ask, contextOf } from './context.ts'
import { print } from './output.ts'
import { UpgradeView } from './progress.ts'
import { plannedState, type StateOptions, showPlan, withStateOptions } from './state-options.ts'

interface Options extends StateOptions {
  readonly inPlace?: boolean
}

const EXAMPLES = `
Examples:
  click-up rollback nat
  click-up rollback nat --dry-run
      shows which state would go back, and what the older version cannot take
  click-up rollback nat --discard meter
      the state of 'meter', which the older version cannot take, is given up`

export function rollbackCommand(): Command {
  const command = new Command('rollback')
    .description('go back to the version before the last upgrade, live')
    .argument('<service>', 'name of the service')
    .option('--in-place', 'in the running process, in place of a new one')
  return withStateOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (service: string, options: Options, command: Command) => {
      const context = contextOf(command)
      const { map = {}, discard = [] } = options
      const now = await ask<ServiceHeld>(context, 'service.held', { service, version: null })
      if (now.previous !== null) {
        const wanted = { version: now.previous, bytes: null }
        const words = { map: { ...now.mapped_back, ...map }, discard }
        const plan = await plannedState(context, now, wanted, words)
        if (options.dryRun === true) return showPlan(context, plan, options)
      }
      const view = new UpgradeView(context.json)
      if (!context.json) print(`${service}: rolling back`)
      const request = { service, map, discard, inPlace: options.inPlace === true }
      const how = { onProgress: view.take }
      view.done(await ask<Upgraded>(context, 'service.rollback', request, how))
    })
}
