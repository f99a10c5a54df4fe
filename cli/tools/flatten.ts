// click-flatten: a configuration without compound elements, or a list of what is in it.

import { EditGraph } from './edit-graph.ts'
import { OPTION, readGraph, type Tool, writeConfig, writeText } from './tool.ts'

const LISTS = ['classes', 'elements', 'names', 'declarations']

export const tool: Tool = {
  name: 'click-flatten',
  about: 'Reads a Click configuration, expands its compound elements, and writes the result.',
  args: '[ROUTERFILE]',
  options: [
    { long: 'classes', short: 'c', help: 'list the element classes in use' },
    { long: 'names', short: 'n', help: 'list the elements' },
    { long: 'elements', help: 'the same' },
    { long: 'declarations', short: 'd', help: 'list the declarations' },
    OPTION.file,
    OPTION.expression,
    { long: 'config', help: 'write the configuration only, not an archive' },
    { long: 'expand-vars', help: 'replace the variables of the file' },
    OPTION.output,
    OPTION.clickpath,
    OPTION.help,
    OPTION.version,
  ],
  run(line) {
    const { graph, others } = readGraph(line, line.onlySource(), !line.has('expand-vars'))
    const list = line.given.findLast((g) => LISTS.includes(g.option))?.option
    const output = line.output()
    if (list === undefined) {
      const text = EditGraph.of(graph, line.has('expand-vars')).unparse()
      writeConfig(output, text, line.has('config') ? [] : others)
      return 0
    }
    const { elements } = graph
    const names = elements.map((e) => {
      if (list === 'classes') return e.className
      return list === 'declarations' ? `${e.name} :: ${e.className}` : e.name
    })
    const sorted = [...new Set(names)].sort()
    writeText(output, sorted.map((name) => `${name}\n`).join(''))
    return 0
  },
}
