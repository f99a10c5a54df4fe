// click-pretty: a configuration as HTML, by a template, or as a graph.

import { bodyGraph, parseCompounds } from '../../lib/click/index.ts'
import { UsageError } from './options.ts'
import { DEFAULT_TEMPLATE } from './pretty-default.ts'
import { type Format, graphText, LABEL } from './pretty-formats.ts'
import { shownElements } from './pretty-graph.ts'
import { highlighted, type Names } from './pretty-highlight.ts'
import { Page } from './pretty-page.ts'
import {
  type CommandLine,
  OPTION,
  parseOptions,
  readSource,
  readText,
  report,
  type Tool,
  writeText,
} from './tool.ts'
import { loadTraits } from './traits.ts'

const FORMATS: readonly Format[] = ['dot', 'gml', 'graphml']

export const tool: Tool = {
  name: 'click-pretty',
  about: 'Shows a Click configuration as HTML, by a template, or as the definition of a graph.',
  args: '[ROUTERFILE]',
  options: [
    OPTION.file,
    OPTION.expression,
    OPTION.output,
    { long: 'template', short: 't', value: 'FILE', help: 'use the template in FILE' },
    { long: 'template-text', short: 'T', value: 'TEXT', help: 'TEXT is the template' },
    { long: 'define', short: 'd', value: 'NAME=TEXT', help: 'the tag NAME expands to TEXT' },
    { long: 'class-docs', short: 'u', value: 'URL', help: 'link classes to URL; %s: their name' },
    { long: 'package-docs', value: 'PKG=URL', help: 'accepted: classes have no packages here' },
    { long: 'linuxmodule', short: 'l', help: 'accepted, means nothing here' },
    { long: 'bsdmodule', short: 'b', help: 'accepted, means nothing here' },
    { long: 'userlevel', help: 'for the user-level driver (the only one here)' },
    { long: 'write-template', help: 'write the template as it is' },
    { long: 'dot', help: 'write a graph for dot' },
    { long: 'gml', help: 'write a graph in GML' },
    { long: 'graphml', help: 'write a graph in GraphML' },
    OPTION.clickpath,
    OPTION.help,
    OPTION.version,
  ],
  async run(line) {
    const format = FORMATS.find((name) => line.has(name)) ?? null
    const template = templateOf(line) ?? (format === null ? DEFAULT_TEMPLATE : LABEL)
    if (line.has('write-template')) {
      writeText(line.output(), template)
      return 0
    }
    const { page, ...shown } = await pageOf(line)
    const text = format === null ? page.expand(template) : graphText(format, shown, page, template)
    writeText(line.output(), text)
    return 0
  },
}

function templateOf(line: CommandLine): string | null {
  const text = line.one('template-text', 'template')
  const file = line.one('template', 'template')
  if (text !== null && file !== null) throw new UsageError('template specified twice')
  return text ?? (file === null ? null : readText(file))
}

async function pageOf(line: CommandLine) {
  const { text, filename } = readSource(line.onlySource())
  const { file, definitions, errors, warnings } = parseCompounds(text, parseOptions(line, filename))
  report(errors, warnings)
  const { graph } = bodyGraph(file, (inner) => (inner.name === '' ? 'compound' : inner.name))
  const elements = shownElements(graph, await loadTraits(graph.elements.map((e) => e.className)))
  const url = line.one('class-docs', 'class documentation')
  const names: Names = {
    elements: graph.elements,
    defined: new Set(definitions.keys()),
    docOf: (name) => (url === null ? null : url.includes('%s') ? url.replaceAll('%s', name) : url),
  }
  const defines = new Map(
    line.all('define').map((one): [string, string] => {
      const m = /^([\w-]+)=([\s\S]*)$/.exec(one)
      if (m === null) throw new UsageError(`'--define' wants NAME=TEXT, not '${one}'`)
      return [m[1]!, m[2]!]
    }),
  )
  const page = new Page({ elements, names, config: highlighted(text, names), defines })
  return { page, elements, connections: graph.connections }
}
