// What click-fastclassifier and click-devirtualize share: in Click they generate C++ that is linked
// into the driver. Here the graph compiler makes such functions of every configuration when it
// starts, so that the configuration stays as it is; `--source` shows the functions.

import { loadGraph } from '../../dataplane/load-graph.ts'
import { type CompiledText, compiledText } from '../compile-text.ts'
import type { EditGraph } from './edit-graph.ts'
import type { ToolOption } from './options.ts'
import { type CommandLine, OPTION, report } from './tool.ts'

/** Options of the originals that choose what is compiled, and how. */
export const COMPILER_OPTIONS: readonly ToolOption[] = [
  { long: 'source', short: 's', help: 'write the generated functions, not the configuration' },
  OPTION.config,
  { long: 'reverse', short: 'r', help: 'undo: the configuration is written as it is' },
  OPTION.clickpath,
  OPTION.help,
  OPTION.version,
]

/** Throws ToolError where the configuration is not correct. */
export async function sourceOf(graph: EditGraph, filename: string): Promise<CompiledText> {
  const config = graph.unparse()
  const loaded = await loadGraph({ config, configName: filename, defines: {} }, [])
  report(loaded.errors, loaded.warnings)
  return compiledText(loaded.graph!)
}

export function isReverse(line: CommandLine): boolean {
  return line.has('reverse')
}
