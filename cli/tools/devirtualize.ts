// click-devirtualize: Click's tool writes C++ in which elements call each other directly. The graph
// compiler does that for every configuration, so this writes the configuration, flattened, as it is.

import { COMPILER_OPTIONS, sourceOf } from './compiled-source.ts'
import { EditGraph } from './edit-graph.ts'
import {
  OPTION,
  readGraph,
  readText,
  type Tool,
  ToolError,
  writeConfig,
  writeText,
} from './tool.ts'

export const tool: Tool = {
  name: 'click-devirtualize',
  about:
    'Writes a Click configuration whose elements call each other directly: the graph compiler does\n' +
    'that for every configuration, so it stays as it is. --source shows the functions.',
  args: '[ROUTERFILE]',
  options: [
    OPTION.file,
    OPTION.expression,
    OPTION.output,
    { long: 'linuxmodule', short: 'l', help: 'accepted, means nothing here' },
    { long: 'userlevel', short: 'u', help: 'for the user-level driver (the only one here)' },
    ...COMPILER_OPTIONS,
    {
      long: 'no-devirtualize',
      short: 'n',
      value: 'CLASS',
      help: 'leave CLASS out of what --source shows',
    },
    {
      long: 'instructions',
      short: 'i',
      value: 'FILE',
      help: "read instructions from FILE: 'noclass CLASS...'",
    },
  ],
  async run(line) {
    const { graph, filename, others } = readGraph(line, line.onlySource())
    const left = new Set([
      ...line.all('no-devirtualize'),
      ...line.all('instructions').flatMap(instructions),
    ])
    const edited = EditGraph.of(graph)
    if (!line.has('source')) {
      writeConfig(line.output(), edited.unparse(), line.has('config') ? [] : others)
      return 0
    }
    const classes = new Map(graph.elements.map((e) => [e.name, e.className]))
    const { functions, special } = await sourceOf(edited, filename)
    const shown = functions.filter((f) => !f.elements.some((name) => left.has(classes.get(name)!)))
    const own = special.filter((f) => !left.has(f.className))
    const texts = [
      ...shown.map((f) => f.source),
      ...own.map((f) => `// ${f.element} :: ${f.className}\n${f.source}`),
    ]
    writeText(line.output(), texts.join('\n'))
    return 0
  },
}

/** Classes to leave out, by a file of instructions. */
function instructions(file: string): string[] {
  return readText(file)
    .split('\n')
    .flatMap((text, i) => {
      const [word = '', ...classes] = text.replace(/#.*/, '').split(/\s+/).filter(Boolean)
      if (word === '') return []
      if (word === 'noclass') return classes
      throw new ToolError([`${file}:${i + 1}: unknown instruction '${word}'`])
    })
}
