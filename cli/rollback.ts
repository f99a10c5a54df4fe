// click-up rollback: an upgrade back to the version before the last one, as live as any.

import { Command } from 'commander'
import type { Upgraded } from '../lib/wire/messages.ts'
import { ask, contextOf } from './context.ts'
import { print } from './output.ts'
import { UpgradeView } from './progress.ts'

export function rollbackCommand(): Command {
  return new Command('rollback')
    .description('go back to the version before the last upgrade, live')
    .argument('<service>', 'name of the service')
    .addHelpText('after', '\nExample: click-up rollback nat')
    .action(async (service: string, _options: unknown, command: Command) => {
      const context = contextOf(command)
      const view = new UpgradeView(context.json)
      if (!context.json) print(`${service}: rolling back`)
      const options = { onProgress: view.take }
      view.done(await ask<Upgraded>(context, 'service.rollback', { service }, options))
    })
}
