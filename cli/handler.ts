// click-up handler: reads or writes a handler of the running replica.

import { Command } from 'commander'
import { ask, contextOf } from './context.ts'
import { print, printJson } from './output.ts'

const EXAMPLES = `
Examples:
  click-up handler nat counter.count
  click-up handler nat counter.reset ''`

export function handlerCommand(): Command {
  return new Command('handler')
    .description('read a handler of the running replica, or write it')
    .argument('<service>', 'name of the service, or of a replica (nat.3)')
    .argument('<handler>', 'element.handler')
    .argument('[value]', 'value to write; without it the handler is read')
    .addHelpText('after', EXAMPLES)
    .action(async (...args: [string, string, string | undefined, unknown, Command]) => {
      const [name, path, value, , command] = args
      const context = contextOf(command)
      const replica = /\.\d+$/.test(name) ? name : null
      const service = name.replace(/\.\d+$/, '')
      const request = { service, replica, path, value: value ?? null }
      const text = await ask<string>(context, 'service.handler', request)
      if (context.json) printJson({ ok: true, service, handler: path, value: text })
      else if (value === undefined) print(text.replace(/\n$/, ''))
    })
}
