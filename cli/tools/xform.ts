// click-xform: replaces patterns of elements. A pattern is a compound element X of a pattern file,
// its replacement the compound element X_Replacement (xform-match.ts, xform-replace.ts).

import { bodyGraph, type ClassValue, type Compound, parseCompounds } from '../../lib/click/index.ts'
import { EditGraph } from './edit-graph.ts'
import {
  type CommandLine,
  complain,
  OPTION,
  parseOptions,
  readGraph,
  readSource,
  report,
  type Tool,
  ToolError,
  writeConfig,
} from './tool.ts'
import { Body, findMatch } from './xform-match.ts'
import { replaceMatch } from './xform-replace.ts'

const SUFFIX = '_Replacement'

export interface Pattern {
  readonly name: string
  readonly pattern: EditGraph
  readonly replacement: EditGraph
}

/**
 * Replacements in one run at most: two patterns that undo each other would go on for ever.
 * The tool then stops with an error, and writes nothing.
 */
export const REPLACEMENTS_MAX = 100_000

export const tool: Tool = {
  name: 'click-xform',
  about: 'Replaces patterns of elements in a Click configuration by other elements.',
  args: '[ROUTERFILE] [PATTERNFILE]...',
  options: [
    {
      long: 'patterns',
      short: 'p',
      value: 'PATTERNFILE',
      help: 'read patterns from PATTERNFILE; may be repeated',
    },
    OPTION.file,
    OPTION.expression,
    OPTION.output,
    { long: 'reverse', short: 'r', help: 'replace replacements by patterns', negatable: true },
    OPTION.help,
    OPTION.version,
  ],
  run(line) {
    const [first = null, ...more] = line.plain
    const { graph, others } = readGraph(line, line.source(first))
    const files = [...line.all('patterns'), ...more]
    if (files.length === 0) complain(['warning: no patterns read'])
    let patterns = files.flatMap((file) => readPatterns(line, file))
    if (line.has('reverse')) patterns = patterns.map(reversed).reverse()
    const edited = EditGraph.of(graph)
    transform(edited, patterns)
    writeConfig(line.output(), edited.unparse(), others)
    return 0
  },
}

function readPatterns(line: CommandLine, file: string): Pattern[] {
  const { filename, text } = readSource({ file, text: null })
  const options = { ...parseOptions(line, filename), defines: {} }
  const { definitions, errors, warnings } = parseCompounds(text, options)
  report(errors, warnings)
  const patterns: Pattern[] = []
  for (const [name, value] of definitions) {
    if (!name.endsWith(SUFFIX) || name === SUFFIX) continue
    const base = name.slice(0, -SUFFIX.length)
    const pattern = compoundOf(definitions.get(base))
    const replacement = compoundOf(value)
    if (pattern === null || replacement === null) continue
    patterns.push({ name: base, pattern: graphOf(pattern), replacement: graphOf(replacement) })
  }
  return patterns
}

function compoundOf(value: ClassValue | undefined): Compound | null {
  return value?.kind === 'compound' ? value.compound : null
}

function graphOf(compound: Compound): EditGraph {
  const { graph, errors } = bodyGraph(compound)
  report(errors, [])
  return EditGraph.of(graph)
}

function reversed({ name, pattern, replacement }: Pattern): Pattern {
  return { name, pattern: replacement, replacement: pattern }
}

/** Replaces until no pattern matches; after each replacement the first pattern is tried again. */
export function transform(graph: EditGraph, patterns: readonly Pattern[]): void {
  const body = new Body(graph)
  for (let done = 0; done <= REPLACEMENTS_MAX; done++) {
    const found = firstMatch(body, patterns)
    if (found === null) return
    replaceMatch(body, found.pattern, found.match)
    body.tidy()
  }
  throw new ToolError([`patterns match without end (stopped after ${REPLACEMENTS_MAX})`])
}

function firstMatch(body: Body, patterns: readonly Pattern[]) {
  for (const pattern of patterns) {
    const match = findMatch(body, pattern)
    if (match !== null) return { pattern, match }
  }
  return null
}
