// Starts one of Click's tools: `click-up TOOL …`, and the scripts of their old names in
// deploy/click-bin. A tool is found by its name and imported alone, so that each starts quickly.

import { readFileSync } from 'node:fs'
import { writeAll } from '../../dataplane/output.ts'
import { messageOf } from '../../lib/errors.ts'
import { parseToolOptions, UsageError } from './options.ts'
import { CommandLine, type Tool, ToolError, usage } from './tool.ts'

interface Listed {
  readonly what: string
  readonly example: string
}

const listed = (what: string, example: string): Listed => ({ what, example })

/** Names as `click-up` takes them: Click's, less `click-`. */
export const TOOLS: Readonly<Record<string, Listed>> = {
  align: listed('insert Align elements where packets would not be aligned', 'align nat.click'),
  'click-check': listed(
    "check a configuration, with the options of Click's tool of that name",
    'click-check -p nat.click',
  ),
  click2xml: listed('write a configuration as XML', 'click2xml nat.click -o nat.xml'),
  combine: listed(
    'combine several routers into one configuration',
    'combine A=a.click B=b.click A.eth1=B.eth0',
  ),
  devirtualize: listed(
    'accepted: the graph compiler does it for every configuration',
    'devirtualize --source nat.click',
  ),
  fastclassifier: listed('combine adjacent classifiers', 'fastclassifier nat.click'),
  flatten: listed('expand compound elements', 'flatten nat.click'),
  mkmindriver: listed(
    'list the element classes that configurations need',
    'mkmindriver -p nat nat.click',
  ),
  pretty: listed('show a configuration as HTML, or as a graph for dot', 'pretty --dot nat.click'),
  uncombine: listed('take one router out of a combined configuration', 'uncombine all.ar A'),
  undead: listed('remove elements that no packet can reach', 'undead nat.click'),
  xform: listed('replace patterns of elements', 'xform nat.click fast.clickpat'),
  xml2click: listed('read a configuration that was written as XML', 'xml2click nat.xml'),
}

/** @param usageStatus exit status where the command line is wrong */
export async function toolMain(
  name: string,
  argv: readonly string[],
  usageStatus = 1,
): Promise<number> {
  const { tool } = (await import(`./${name}.js`)) as { tool: Tool }
  try {
    const given = parseToolOptions(argv, tool.options)
    const shown = given.find((g) => g.option === 'help' || g.option === 'version')
    if (shown?.option === 'help')
      writeAll(1, `${usage(tool)}\nExample: click-up ${TOOLS[name]!.example}\n`)
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
    return usageStatus
  }
}

function version(): string {
  const file = new URL('../../../package.json', import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')).version
}
