// click-fastclassifier: Click's tool writes C++ for each classifier, and joins classifiers that
// follow each other. The graph compiler makes such functions of every configuration, so here only
// the joining is left: a Classifier or IPClassifier behind an output of another of its class becomes
// part of it (fastclassifier-combine.ts). `--source` shows the functions.

import { COMPILER_OPTIONS, isReverse, sourceOf } from './compiled-source.ts'
import { EditGraph } from './edit-graph.ts'
import { combineClassifiers } from './fastclassifier-combine.ts'
import { OPTION, readGraph, type Tool, writeConfig, writeText } from './tool.ts'

export const tool: Tool = {
  name: 'click-fastclassifier',
  about:
    'Joins classifiers that follow each other in a Click configuration. The functions that each is\n' +
    'compiled into are made whenever a configuration starts; --source shows them.',
  args: '[ROUTERFILE]',
  options: [
    OPTION.file,
    OPTION.expression,
    OPTION.output,
    { long: 'combine', help: 'join adjacent classifiers (the default)', negatable: true },
    { long: 'classes', help: 'accepted, means nothing here', negatable: true },
    { long: 'kernel', short: 'k', help: 'accepted, means nothing here' },
    { long: 'user', short: 'u', help: 'for the user-level driver (the only one here)' },
    ...COMPILER_OPTIONS,
    { long: 'quiet', short: 'q', help: 'accepted: nothing is compiled aloud' },
  ],
  async run(line) {
    const { graph, filename, others } = readGraph(line, line.onlySource())
    const edited = EditGraph.of(graph)
    const combine = line.given.findLast((g) => g.option === 'combine')
    if (combine?.negated !== true && !isReverse(line)) combineClassifiers(edited)
    if (line.has('source')) {
      const { special } = await sourceOf(edited, filename)
      const texts = special.map((f) => `// ${f.element} :: ${f.className}\n${f.source}`)
      writeText(line.output(), texts.join('\n'))
    } else writeConfig(line.output(), edited.unparse(), line.has('config') ? [] : others)
    return 0
  },
}
