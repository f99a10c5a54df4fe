// click-up compile: what the graph compiler makes of a configuration.

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Command } from 'commander'
import { configOf } from '../lib/click/archive.ts'
import { ClickUpError } from '../lib/errors.ts'
import { fileProblem } from '../lib/file-problem.ts'
import { compiledText, printed } from './compile-text.ts'
import { contextOf } from './context.ts'
import { printJson } from './output.ts'

export function compileCommand(): Command {
  return new Command('compile')
    .description('print the functions that the graph compiler makes of a configuration')
    .argument('<file>', "configuration; '-': standard input")
    .argument('[NAME=VALUE...]', 'variables of the configuration')
    .addHelpText('after', '\nExample: click-up compile deploy/examples/nat/nat.click')
    .action(async (file: string, words: string[], _options: unknown, command: Command) => {
      const { json } = contextOf(command)
      const { loadGraph } = await import('../dataplane/load-graph.ts')
      const configName = file === '-' ? '<stdin>' : basename(file)
      const text = { config: configText(file), configName, defines: definesOf(words) }
      const { graph, errors } = await loadGraph(text, [])
      if (graph === null) {
        const many = errors.length === 1 ? 'an error' : `${errors.length} errors`
        throw new ClickUpError(
          'CONFIG',
          `${configName} has ${many}`,
          'nothing was compiled',
          errors,
        )
      }
      const compiled = compiledText(graph)
      if (json) printJson({ ok: true, file, ...compiled })
      else process.stdout.write(printed(compiled, graph))
    })
}

function configText(file: string): string {
  let text: string
  try {
    text = readFileSync(file === '-' ? 0 : file, 'latin1')
  } catch (cause) {
    throw new ClickUpError('CONFIG', `${file}: ${fileProblem(cause)}`, 'name a Click configuration')
  }
  const found = configOf(text)
  if (found !== null) return found.config
  throw new ClickUpError('CONFIG', `${file}: archive has no 'config' section`, 'name another file')
}

function definesOf(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const m = /^(\w+)=([\s\S]*)$/.exec(word)
      if (m !== null) return [m[1]!, m[2]!]
      throw new ClickUpError('CONFIG', `'${word}' is not NAME=VALUE`, 'name one configuration')
    }),
  )
}
