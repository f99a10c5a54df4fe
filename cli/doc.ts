// click-up doc: the documentation of an element class, as a manual page; without a name, the list.

import { Command } from 'commander'
import { ClickUpError } from '../lib/errors.ts'
import { contextOf } from './context.ts'
import {
  allElementTexts,
  byCategory,
  elementDoc,
  elementNames,
  suggestions,
} from './doc/elements.ts'
import { plainText } from './doc/inline.ts'
import { terminalPage } from './doc/terminal.ts'
import { printJson } from './output.ts'

const WIDTH = 80

export function docCommand(): Command {
  return new Command('doc')
    .description('show the documentation of an element class; without a name, list them all')
    .argument('[element]', 'class name, for example Queue')
    .addHelpText('after', '\nExample: click-up doc IPRewriter')
    .action(async (name: string | undefined, _options: unknown, command: Command) => {
      const { json } = contextOf(command)
      if (name === undefined) list(json)
      else await show(name, json)
    })
}

async function show(name: string, json: boolean): Promise<void> {
  const doc = await elementDoc(name)
  if (doc === null) {
    const close = suggestions(name, elementNames())
    const hint = close.length === 0 ? 'list them with: click-up doc' : `perhaps ${close.join(', ')}`
    throw new ClickUpError('NOT_FOUND', `no element class '${name}'`, hint)
  }
  if (json) {
    printJson({ ok: true, ...doc })
    return
  }
  const { columns, isTTY } = process.stdout
  const colors = isTTY === true && process.env.NO_COLOR === undefined
  process.stdout.write(terminalPage(doc, { width: columns ?? WIDTH, colors }))
}

function list(json: boolean): void {
  const docs = allElementTexts()
  if (json) {
    for (const { name, group, block } of docs)
      printJson({ name, group, categories: block.categories, summary: plainText(block.summary) })
    return
  }
  const width = Math.max(...docs.map((doc) => doc.name.length))
  const lines = byCategory(docs).flatMap((category) => [
    '',
    category.title,
    ...category.docs.map((doc) => `  ${doc.name.padEnd(width)}  ${plainText(doc.block.summary)}`),
  ])
  process.stdout.write(`${lines.slice(1).join('\n')}\n`)
}
