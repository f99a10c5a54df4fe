// click-up undeploy: stops a service and takes everything of it away.

import { Command } from 'commander'
import { ask, contextOf } from './context.ts'
import { print, printJson } from './output.ts'

export function undeployCommand(): Command {
  return new Command('undeploy')
    .description('stop a service; its state and stored versions go')
    .argument('<service>', 'name of the service')
    .addHelpText('after', '\nExample: click-up undeploy nat')
    .action(async (service: string, _options: unknown, command: Command) => {
      const context = contextOf(command)
      const done = await ask<{ service: string }>(context, 'service.undeploy', { service })
      if (context.json) printJson({ ok: true, ...done })
      else print(`${done.service}: undeployed`)
    })
}
