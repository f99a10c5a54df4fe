// click-up coordinator: keeps the wanted state and drives upgrades; never in a packet's way.

import { Command, InvalidArgumentError } from 'commander'
import { contextOf } from './context.ts'
import { print, printJson } from './output.ts'
import { port, untilSignal } from './serve.ts'

export function coordinatorCommand(): Command {
  return new Command('coordinator')
    .description('run the coordinator: wanted state, plans, upgrades')
    .option('--store <dir>', 'where it keeps what it must not forget')
    .option('--metrics <port>', 'serve /metrics on 127.0.0.1', port(InvalidArgumentError))
    .addHelpText('after', '\nExample: click-up coordinator --metrics 9601')
    .action(async (options: { store?: string; metrics?: number }, command: Command) => {
      const context = contextOf(command)
      const { startCoordinator } = await load()
      const running = await startCoordinator({
        dir: options.store ?? context.store,
        endpoint: context.endpoint,
        metricsPort: options.metrics ?? null,
      })
      const { endpoint } = running
      if (context.json) printJson({ ok: true, event: 'ready', pid: process.pid, endpoint })
      else print(`coordinator ready at ${endpoint}`)
      await untilSignal(running)
    })
}

/** By URL: the CLI has no code of the processes in it, it only starts them. */
function load(): Promise<typeof import('../coordinator/main.ts')> {
  return import(new URL('../coordinator/main.js', import.meta.url).href)
}
