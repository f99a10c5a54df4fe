// click-align: inserts Align elements where packets would reach an element that is not content
// with how they are aligned, and an AlignmentInfo with what each element can rely on.

import { alignElements } from './align-graph.ts'
import { EditGraph } from './edit-graph.ts'
import { complain, DRIVER_OPTIONS, OPTION, readGraph, type Tool, writeConfig } from './tool.ts'
import { loadTraits } from './traits.ts'

export const tool: Tool = {
  name: 'click-align',
  about:
    'Inserts the Align elements that a Click configuration needs where packets must be aligned.',
  args: '[ROUTERFILE]',
  options: [
    OPTION.file,
    OPTION.expression,
    OPTION.output,
    { long: 'assertions', help: 'insert CheckAlign elements, not Aligns', negatable: true },
    { long: 'verbose', short: 'V', help: 'say what is inserted where' },
    ...DRIVER_OPTIONS,
    OPTION.help,
    OPTION.version,
  ],
  async run(line) {
    const { graph, others } = readGraph(line, line.onlySource())
    const traits = await loadTraits(graph.elements.map((e) => e.className))
    const edited = EditGraph.of(graph)
    const added = alignElements(edited, traits, {
      assertions: line.has('assertions'),
      report: (text) => complain([text]),
      verbose: line.has('verbose'),
    })
    if (added > 0) complain([`warning: added ${added} Align element${added === 1 ? '' : 's'}`])
    writeConfig(line.output(), edited.unparse(), others)
    return 0
  },
}
