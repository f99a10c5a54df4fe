// Entry of deploy/click-bin/click-flatten: a configuration without compound elements, as Click's
// tool of that name. It knows no classes: what is not declared as an element is taken for one.

import { readFileSync, writeFileSync } from 'node:fs'
import { writeAll } from '../dataplane/output.ts'
import { parseConfig, unparse } from '../lib/click/index.ts'

interface Options {
  text: string | null
  file: string
  output: string
  defines: Record<string, string>
}

function parseOptions(argv: readonly string[]): Options {
  const options: Options = { text: null, file: '-', output: '-', defines: {} }
  const rest = [...argv]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const short = /^-([efo])(.*)$/s.exec(word)
    const long = /^--(expression|file|output)(?:=(.*))?$/s.exec(word)
    const name = short?.[1] ?? long?.[1]?.[0]
    const define = /^(\w+)=(.*)$/s.exec(word)
    if (name !== undefined) {
      const attached = short !== null ? short[2]! : (long?.[2] ?? '')
      const value = attached === '' ? (rest.shift() ?? '') : attached
      if (name === 'e') options.text = value
      else if (name === 'f') options.file = value
      else options.output = value
    } else if (define !== null) options.defines[define[1]!] = define[2]!
    else options.file = word
  }
  return options
}

function main(argv: readonly string[]): number {
  const { text, file, output, defines } = parseOptions(argv)
  const filename = text !== null ? 'config' : file === '-' ? '<stdin>' : file
  let source: string
  try {
    source = text ?? readFileSync(file === '-' ? 0 : file, 'latin1')
  } catch (error) {
    writeAll(2, `${filename}: ${(error as Error).message}\n`)
    return 1
  }
  const { graph, errors, warnings } = parseConfig(source, { filename, defines })
  for (const { where, message } of [...errors, ...warnings]) writeAll(2, `${where}: ${message}\n`)
  if (errors.length > 0) return 1
  if (output === '-') writeAll(1, unparse(graph))
  else writeFileSync(output, unparse(graph), 'latin1')
  return 0
}

process.exit(main(process.argv.slice(2)))
