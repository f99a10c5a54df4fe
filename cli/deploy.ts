// click-up deploy: a service that is not there yet.

import { Command } from 'commander'
import { readServiceFile } from '../lib/service-file.ts'
import type { Deployed, ServiceDeploy } from '../lib/wire/messages.ts'
import { checkedArtifact } from './check-config.ts'
import { ask, contextOf } from './context.ts'
import { msText, print, printJson } from './output.ts'

export function deployCommand(): Command {
  return new Command('deploy')
    .description('deploy a service from a service file')
    .argument('<file>', 'service file (YAML)')
    .addHelpText('after', '\nExample: click-up deploy deploy/examples/nat/nat-v1.yaml')
    .action(async (path: string, _options: unknown, command: Command) => {
      const context = contextOf(command)
      const file = readServiceFile(path)
      const { artifact } = await checkedArtifact(file)
      const { version, bytes } = artifact
      const request: ServiceDeploy = { settings: file.settings, version, artifact: bytes }
      const done = await ask<Deployed>(context, 'service.deploy', request)
      if (context.json) {
        printJson({ ok: true, ...done })
        return
      }
      print(`${done.service}: version ${done.version} runs as ${done.replica} on ${done.host}`)
      print(`  driver ${done.driver} (${done.reason}), ready in ${msText(done.replica_ready_ms)}`)
    })
}
