// click-up agent: one a host; interfaces, steering, replica processes.

import { hostname } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import type { ClickUpError } from '../lib/errors.ts'
import { goFirst } from '../lib/priority.ts'
import { contextOf } from './context.ts'
import { fail, print, printJson } from './output.ts'
import { port, untilSignal } from './serve.ts'

export function agentCommand(): Command {
  return new Command('agent')
    .description('run the agent of this host: interfaces, steering, replicas')
    .option('--host <name>', 'name of this host', hostname())
    .option(
      '--metrics <port>',
      'serve /metrics on 127.0.0.1; replicas take free ports',
      port(InvalidArgumentError),
    )
    .addHelpText('after', '\nExample: click-up agent --host edge-1 --metrics 9602')
    .action(async (options: { host: string; metrics?: number }, command: Command) => {
      const context = contextOf(command)
      goFirst() // packets wait while it flips the owner table and sends fences
      const { startAgent } = await load()
      let refused: (error: ClickUpError) => void = () => {}
      const refusal = new Promise<ClickUpError>((resolve) => {
        refused = resolve
      })
      const running = await startAgent({
        dir: join(context.dir, 'agent'),
        coordinator: context.endpoint,
        host: options.host,
        metricsPort: options.metrics ?? null,
        onRefused: (error) => refused(error),
      })
      const { host } = running
      if (context.json) printJson({ ok: true, event: 'ready', pid: process.pid, host })
      else print(`agent of host ${host} ready`)
      const error = await Promise.race([refusal, untilSignal(running)])
      if (error === undefined) return
      await running.close()
      fail(error, context.json)
    })
}

/** By URL: the CLI has no code of the processes in it, it only starts them. */
function load(): Promise<typeof import('../node-agent/main.ts')> {
  return import(new URL('../node-agent/main.js', import.meta.url).href)
}
