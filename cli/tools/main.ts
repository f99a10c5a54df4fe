// Starts one of Click's tools: `click-up TOOL …`, and the scripts of their old names in
// deploy/click-bin. A tool is found by its name and imported alone, so that each starts quickly.

import { readFileSync } from 'node:fs'
import { writeAll } from '../../dataplane/output.ts'
import { messageOf } from '../../lib/errors.ts'
import { parseToolOptions, UsageError } from './options.ts'
import { CommandLine, type Tool, ToolError, usage } from './tool.ts'

/** Names as `click-up` takes them: Click's, less `click-`. What each does, for the help. */
export const TOOLS: Readonly<Record<string, string>> = {
  align: 'insert Align elements where packets would not be aligned',
  'click-check': "check a configuration, with the options of Click's tool of that name",
  click2xml: 'write a configuration as XML',
  combine: 'combine several routers into one configuration',
  devirtualize: 'accepted: the graph compiler does it for every configuration',
  fastclassifier: 'combine adjacent classifiers',
  flatten: 'expand compound elements',
  mkmindriver: 'list the element classes that configurations need',
  pretty: 'show a configuration as HTML, or as a graph for dot',
  uncombine: 'take one router out of a combined configuration',
  undead: 'remove elements that no packet can reach',
  xform: 'replace patterns of elements',
  xml2click: 'read a configuration that was written as XML',
}

export async function toolMain(name: string, argv: readonly string[]): Promise<number> {
  const { tool } = (await import(`./${name}.js`)) as { tool: Tool }
  try {
    const given = parseToolOptions(argv, tool.options)
    const shown = given.find((g) => g.option === 'help' || g.option === 'version')
    if (shown?.option === 'help') writeAll(1, usage(tool))
    else if (shown?.option === 'version') writeAll(1, `${tool.name} (CLICK-UP) ${version()}\n`)
    if (shown !== undefined) return 0
    return await tool.run(new CommandLine(given))
  } catch (cause) {
    if (cause instanceof ToolError) {
      for (const text of cause.lines) writeAll(2, `${text}\n`)
      return 1
    }
    if (!(cause instanceof UsageError)) throw cause
    writeAll(2, `${tool.name}: ${messageOf(cause)}\nUsage: ${tool.name} [OPTION]... ${tool.args}\n`)
    writeAll(2, `Try '${tool.name} --help' for more information.\n`)
    return 1
  }
}

function version(): string {
  const file = new URL('../../../package.json', import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')).version
}
