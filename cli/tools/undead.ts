// click-undead: removes elements that no packet can reach or leave, static switches, Nulls, and
// ports and elements that are then of no use.

import { EditGraph } from './edit-graph.ts'
import { complain, OPTION, readGraph, type Tool, ToolError, writeConfig } from './tool.ts'
import { loadTraits } from './traits.ts'
import { removeDead } from './undead-graph.ts'

export const tool: Tool = {
  name: 'click-undead',
  about: 'Removes dead code from a Click configuration: what is not between a source and a sink.',
  args: '[ROUTERFILE]',
  options: [
    OPTION.file,
    OPTION.expression,
    OPTION.output,
    { long: 'kernel', short: 'k', help: 'accepted, means nothing here', negatable: true },
    { long: 'user', short: 'u', help: 'for the user-level driver (the only one here)' },
    OPTION.config,
    { long: 'verbose', short: 'V', help: 'say what is taken for a source or sink, and what goes' },
    OPTION.clickpath,
    OPTION.help,
    OPTION.version,
  ],
  async run(line) {
    const { graph, others } = readGraph(line, line.onlySource())
    const traits = await loadTraits([...graph.elements.map((e) => e.className), 'Idle'])
    const edited = EditGraph.of(graph)
    const tell = (where: string, text: string) =>
      complain([`${where === '' ? '' : `${where}: `}${text}`])
    const live = removeDead(edited, traits, {
      warn: (where, text) => tell(where, `warning: ${text}`),
      detail: line.has('verbose') ? tell : () => {},
    })
    if (!live && graph.elements.length > 0)
      throw new ToolError(['warning: no live elements in configuration'])
    writeConfig(line.output(), edited.unparse(), line.has('config') ? [] : others)
    return 0
  },
}
