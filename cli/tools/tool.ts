// What Click's tools have in common: options, reading a configuration (a file, standard input, an
// expression, or an archive), and writing one. Each tool is a file of this folder that exports a
// `Tool`; cli/tools/main.ts starts it by name.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeAll } from '../../dataplane/output.ts'
import { configOf, type Member, unparseArchive } from '../../lib/click/archive.ts'
import { type FlatGraph, type ParseOptions, parseConfig } from '../../lib/click/index.ts'
import type { Finding } from '../../lib/errors.ts'
import { fileProblem } from '../../lib/file-problem.ts'
import { type Given, optionsHelp, type ToolOption, UsageError } from './options.ts'

export interface Tool {
  /** Click's name of it. */
  readonly name: string
  /** What it does: the start of its help. */
  readonly about: string
  /** What follows the options in the usage line. */
  readonly args: string
  readonly options: readonly ToolOption[]
  /** Returns the exit status. Throws UsageError and ToolError. */
  run(line: CommandLine): number | Promise<number>
}

/** Ends a tool: lines for standard error, exit status 1. */
export class ToolError extends Error {
  readonly lines: readonly string[]
  constructor(lines: readonly string[]) {
    super(lines.join('\n'))
    this.lines = lines
  }
}

/** Options that most tools have. */
export const OPTION = {
  file: { long: 'file', short: 'f', value: 'FILE', help: 'read the configuration from FILE' },
  expression: { long: 'expression', short: 'e', value: 'EXPR', help: 'EXPR is the configuration' },
  output: { long: 'output', short: 'o', value: 'FILE', help: 'write to FILE' },
  clickpath: { long: 'clickpath', short: 'C', value: 'PATH', help: 'use PATH for CLICKPATH' },
  config: { long: 'config', short: 'c', help: 'write the configuration only, not an archive' },
  help: { long: 'help', help: 'print this message' },
  version: { long: 'version', short: 'v', help: 'print the version' },
} as const satisfies Record<string, ToolOption>

/** Whom the configuration is for. We are one driver, so these choose nothing. */
export const DRIVER_OPTIONS: readonly ToolOption[] = [
  { long: 'userlevel', short: 'u', help: 'for the user-level driver (the only one here)' },
  { long: 'linuxmodule', short: 'l', help: 'accepted, means nothing here' },
  { long: 'bsdmodule', short: 'b', help: 'accepted, means nothing here' },
]

export function usage(tool: Tool): string {
  return `${tool.about}\n\nUsage: ${tool.name} [OPTION]... ${tool.args}\n\nOptions:\n${optionsHelp(tool.options)}`
}

/** A command line with names resolved: what was given, by name. */
export class CommandLine {
  readonly given: readonly Given[]
  /** `NAME=VALUE` arguments: variables of the configuration. */
  readonly defines: Readonly<Record<string, string>>
  /** Arguments that are neither options nor variables. */
  readonly plain: readonly string[]

  constructor(given: readonly Given[]) {
    this.given = given
    const defines: Record<string, string> = {}
    const plain: string[] = []
    for (const { option, value } of given) {
      if (option !== '') continue
      const define = /^(\w+)=([\s\S]*)$/.exec(value)
      if (define === null) plain.push(value)
      else if (Object.hasOwn(defines, define[1]!))
        throw new UsageError(`parameter '${define[1]}' multiply defined`)
      else defines[define[1]!] = define[2]!
    }
    this.defines = defines
    this.plain = plain
  }

  has(option: string): boolean {
    return this.given.findLast((g) => g.option === option)?.negated === false
  }

  all(option: string): string[] {
    return this.given.filter((g) => g.option === option).map((g) => g.value)
  }

  /** The value of an option that may be given once; null: it is not. */
  one(option: string, what: string): string | null {
    const values = this.all(option)
    if (values.length > 1) throw new UsageError(`${what} specified twice`)
    return values[0] ?? null
  }

  /** Where the configuration comes from: an option, or the one plain argument; null: stdin. */
  source(plain: string | null): Source {
    const named = this.given.filter((g) => g.option === 'file' || g.option === 'expression')
    const all = [...named.map(sourceOf), ...(plain === null ? [] : [{ file: plain, text: null }])]
    if (all.length > 1) throw new UsageError('router configuration specified twice')
    return all[0] ?? { file: '-', text: null }
  }

  /** Like `source`, for tools with one plain argument at most. */
  onlySource(): Source {
    if (this.plain.length > 1) throw new UsageError('router configuration specified twice')
    return this.source(this.plain[0] ?? null)
  }

  output(): string {
    return this.one('output', 'output file') ?? '-'
  }

  clickpath(): string {
    return this.one('clickpath', 'CLICKPATH') ?? process.env.CLICKPATH ?? ''
  }
}

function sourceOf({ option, value }: Given): Source {
  return option === 'file' ? { file: value, text: null } : { file: 'config', text: value }
}

export interface Source {
  readonly file: string
  /** The text itself; null: it is in the file. */
  readonly text: string | null
}

export interface Loaded {
  readonly filename: string
  readonly text: string
  /** Files of the archive that it came in. */
  readonly others: readonly Member[]
}

/** Throws ToolError. */
export function readSource({ file, text }: Source): Loaded {
  const filename = text === null && file === '-' ? '<stdin>' : file
  const found = configOf(text ?? readText(file))
  if (found === null) throw new ToolError([`${filename}: archive has no 'config' section`])
  return { filename, text: found.config, others: found.others }
}

export function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'latin1')
  } catch (cause) {
    throw new ToolError([`${file === '-' ? '<stdin>' : file}: ${fileProblem(cause)}`])
  }
}

export interface ReadGraph extends Loaded {
  readonly graph: FlatGraph
}

/** Reads and flattens; findings go to standard error, errors end the tool. */
export function readGraph(line: CommandLine, source: Source, keepVariables = true): ReadGraph {
  const loaded = readSource(source)
  if (loaded.text === '') complain([`${loaded.filename}: warning: empty configuration`])
  const { graph, errors, warnings } = parseConfig(loaded.text, {
    ...parseOptions(line, loaded.filename),
    asWritten: true,
    keepVariables,
  })
  report(errors, warnings)
  return { ...loaded, graph }
}

export function parseOptions(line: CommandLine, filename: string): ParseOptions {
  return { filename, defines: line.defines, library: libraryIn(line.clickpath()) }
}

export function report(errors: readonly Finding[], warnings: readonly Finding[]): void {
  const lines = (list: readonly Finding[], word: string) =>
    list.map(({ where, message }) => `${where === '' ? '' : `${where}: `}${word}${message}`)
  complain(lines(warnings, 'warning: '))
  if (errors.length > 0) throw new ToolError(lines(errors, ''))
}

export function complain(lines: readonly string[]): void {
  for (const text of lines) writeAll(2, `${text}\n`)
}

/** `require(library …)`: a file of the folder, or of a folder of CLICKPATH, or its `conf`. */
function libraryIn(clickpath: string): NonNullable<ParseOptions['library']> {
  const folders = clickpath.split(':').flatMap((folder) => {
    if (folder === '') return ['.']
    return [folder, join(folder, 'conf'), join(folder, 'share', 'click')]
  })
  return (name) => {
    for (const folder of folders) {
      const file = join(folder, name)
      if (!isFile(folder, name)) continue
      return { filename: file, text: readText(file) }
    }
    return null
  }
}

function isFile(folder: string, name: string): boolean {
  try {
    return readdirSync(folder).includes(name)
  } catch {
    return false
  }
}

/** Writes a configuration, and with it the other files of its archive, if any. */
export function writeConfig(file: string, config: string, others: readonly Member[]): void {
  const whole =
    others.length === 0 ? config : unparseArchive([{ name: 'config', data: config }, ...others])
  writeText(file, whole)
}

export function writeText(file: string, text: string): void {
  if (file === '-') {
    writeAll(1, text)
    return
  }
  try {
    writeFileSync(file, text, 'latin1')
  } catch (cause) {
    throw new ToolError([`${file}: ${fileProblem(cause)}`])
  }
}
