// click-up agent: one a host; interfaces, steering, replica processes.

import { hostname } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import type { ClickUpError } from '../lib/errors.ts'
import { SPARES_DEFAULT, SPARES_MAX } from '../lib/limits.ts'
import { goFirst } from '../lib/priority.ts'
import { contextOf } from './context.ts'
import { fail, print, printJson } from './output.ts'
import { port, untilSignal } from './serve.ts'

interface Options {
  readonly host: string
  readonly metrics?: number
  readonly spares: number
}

function count(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : SPARES_MAX + 1
  if (value > SPARES_MAX) throw new InvalidArgumentError(`give a number from 0 to ${SPARES_MAX}`)
  return value
}

export function agentCommand(): Command {
  return new Command('agent')
    .description('run the agent of this host: interfaces, steering, replicas')
    .option('--host <name>', 'name of this host', hostname())
    .option(
      '--metrics <port>',
      'serve /metrics on 127.0.0.1; replicas take free ports',
      port(InvalidArgumentError),
    )
    .option(
      '--spares <count>',
      'processes kept ready for new replicas (0: none)',
      count,
      SPARES_DEFAULT,
    )
    .addHelpText('after', '\nExample: click-up agent --host edge-1 --metrics 9602')
    .action(async (options: Options, command: Command) => {
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
        spares: options.spares,
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
