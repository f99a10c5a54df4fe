// click-mkmindriver: which element classes do configurations need? In Click the list builds a
// driver of these classes alone. Here a driver loads only the classes that its configuration uses,
// so the list is what there is to make: for packaging, and to see whether all of them are there.

import { writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { classFiles } from '../../dataplane/classes.ts'
import { INFORMATION_CLASSES } from '../../dataplane/graph.ts'
import { type ClassValue, parseCompounds } from '../../lib/click/index.ts'
import { fileProblem } from '../../lib/file-problem.ts'
import { UsageError } from './options.ts'
import {
  type CommandLine,
  complain,
  OPTION,
  parseOptions,
  readGraph,
  readSource,
  report,
  type Source,
  type Tool,
  ToolError,
} from './tool.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Classes that others ask, or that tools insert: part of every list, if they are there. */
const EXTRAS = ['Align', 'IPNameInfo']
const ALWAYS = [
  'AddressInfo',
  'AlignmentInfo',
  'ControlSocket',
  'Error',
  'PortInfo',
  'ScheduleInfo',
]

export const tool: Tool = {
  name: 'click-mkmindriver',
  about: 'Lists the element classes that Click configurations need, in elements_PKG.conf.',
  args: '-p PKG [ROUTERFILE]...',
  options: [
    { long: 'package', short: 'p', value: 'PKG', help: 'name of the list' },
    { ...OPTION.file, help: 'read a configuration from FILE; may be repeated' },
    { ...OPTION.expression, help: 'EXPR is a configuration; may be repeated' },
    { long: 'all', short: 'a', help: 'also classes in compound elements that are not used' },
    { long: 'linuxmodule', short: 'l', help: 'accepted, means nothing here' },
    { long: 'userlevel', short: 'u', help: 'for the user-level driver (the only one here)' },
    { long: 'directory', short: 'd', value: 'DIR', help: 'write into DIR' },
    { long: 'elements', short: 'E', value: 'ELTS', help: 'also the classes ELTS' },
    { long: 'extras', help: 'add classes that are often of use', negatable: true },
    { long: 'check', help: 'accepted: no build folder is needed', negatable: true },
    { long: 'verbose', short: 'V', help: 'say which configuration needs what' },
    OPTION.clickpath,
    OPTION.help,
    OPTION.version,
  ],
  run(line) {
    const name = line.one('package', 'package name')
    if (name === null || !/^\w+$/.test(name))
      throw new UsageError(
        name === null ? 'no package name specified' : `bad package name '${name}'`,
      )
    const needed = new Set(
      line.all('elements').flatMap((text) => text.split(/\s+/).filter(Boolean)),
    )
    for (const { source, all } of sourcesOf(line)) {
      const classes = all ? allClasses(line, source) : usedClasses(line, source)
      if (line.has('verbose')) complain([`${source.file}: ${[...classes].sort().join(' ')}`])
      for (const one of classes) needed.add(one)
    }
    const missing = [...needed].filter(
      (one) => !classFiles().has(one) && !INFORMATION_CLASSES.has(one),
    )
    if (missing.length > 0)
      throw new ToolError(missing.sort().map((one) => `${name}: no element class '${one}'`))
    const extras = line.given.findLast((g) => g.option === 'extras')?.negated === true ? [] : EXTRAS
    write(line, name, [...needed, ...ALWAYS, ...extras])
    return 0
  },
}

/** Configurations in order, and whether `--all` came before them. */
function sourcesOf(line: CommandLine): { source: Source; all: boolean }[] {
  const found: { source: Source; all: boolean }[] = []
  let all = false
  for (const { option, value } of line.given) {
    if (option === 'all') all = true
    else if (option === 'expression') found.push({ source: { file: 'config', text: value }, all })
    else if (option === 'file' || (option === '' && !/^\w+=/.test(value)))
      found.push({ source: { file: value, text: null }, all })
  }
  const stdin = { source: { file: '-', text: null }, all }
  return found.length > 0 || line.all('elements').length > 0 ? found : [stdin]
}

function usedClasses(line: CommandLine, source: Source): Set<string> {
  return new Set(readGraph(line, source).graph.elements.map((e) => e.className))
}

function allClasses(line: CommandLine, source: Source): Set<string> {
  const { text, filename } = readSource(source)
  const { file, definitions, errors, warnings } = parseCompounds(text, parseOptions(line, filename))
  report(errors, warnings)
  const names = new Set<string>()
  const seen = new Set<ClassValue>()
  const visit = (value: ClassValue | null): void => {
    if (value === null || seen.has(value)) return
    seen.add(value)
    if (value.kind === 'primitive') {
      names.add(value.name)
      return
    }
    for (const node of value.compound.nodes) visit(node.cls)
    visit(value.compound.next)
  }
  visit({ kind: 'compound', compound: file })
  for (const value of definitions.values()) visit(value)
  return names
}

function write(line: CommandLine, name: string, classes: readonly string[]): void {
  const file = `elements_${name}.conf`
  const path = join(line.one('directory', 'directory') ?? '.', file)
  complain([`Creating ${file}...`])
  const lines = [...new Set(classes)].flatMap((one) => {
    const built = classFiles().get(one)
    if (built === undefined) return []
    const source = relative(ROOT, built).replace(/\.js$/, '.ts')
    return [`${source}\t""\t${one}-${one}\n`]
  })
  try {
    writeFileSync(path, lines.sort().join(''))
  } catch (cause) {
    throw new ToolError([`${path}: ${fileProblem(cause)}`])
  }
  complain([`Classes are loaded when a configuration needs them: nothing is to be built.`])
}
