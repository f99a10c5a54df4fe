// click-check: is a configuration correct? Says nothing where it is; with an output, hands it on.

import { loadGraph } from '../../dataplane/load-graph.ts'
import {
  DRIVER_OPTIONS,
  OPTION,
  parseOptions,
  readSource,
  report,
  type Tool,
  writeConfig,
} from './tool.ts'

export const tool: Tool = {
  name: 'click-check',
  about: 'Checks a Click configuration: language, element classes, arguments, push and pull.',
  args: '[ROUTERFILE]',
  options: [
    OPTION.file,
    OPTION.expression,
    { ...OPTION.output, help: 'write the configuration to FILE if it is correct' },
    { long: 'filter', short: 'p', help: 'write it to standard output if it is correct' },
    ...DRIVER_OPTIONS,
    OPTION.clickpath,
    OPTION.help,
    OPTION.version,
  ],
  async run(line) {
    const { text, filename, others } = readSource(line.onlySource())
    const { defines = {} } = parseOptions(line, filename)
    const { errors, warnings } = await loadGraph(
      { config: text, configName: filename, defines },
      [],
    )
    report(errors, warnings)
    const file = line.has('filter') ? '-' : line.one('output', 'output file')
    if (file !== null) writeConfig(file, text, others)
    return 0
  },
}
