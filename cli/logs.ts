// click-up logs: what a replica printed.

import { Command, InvalidArgumentError } from 'commander'
import { LOG_LINES_MAX } from '../lib/limits.ts'
import type { ServiceLog } from '../lib/wire/messages.ts'
import { ask, contextOf } from './context.ts'
import { print, printJson } from './output.ts'

export function logsCommand(): Command {
  return new Command('logs')
    .description('show what a replica printed last')
    .argument('<service>', 'name of the service, or of a replica (nat.3)')
    .option('-n, --lines <count>', `how many lines, at most ${LOG_LINES_MAX}`, count, 100)
    .addHelpText('after', '\nExample: click-up logs nat -n 20')
    .action(async (name: string, options: { lines: number }, command: Command) => {
      const context = contextOf(command)
      const replica = /\.\d+$/.test(name) ? name : null
      const service = name.replace(/\.\d+$/, '')
      const request = { service, replica, lines: options.lines }
      const log = await ask<ServiceLog>(context, 'service.logs', request)
      if (context.json) printJson({ ok: true, ...log })
      else for (const line of log.lines) print(line)
    })
}

function count(text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1 || n > LOG_LINES_MAX)
    throw new InvalidArgumentError(`a number from 1 to ${LOG_LINES_MAX}`)
  return n
}
