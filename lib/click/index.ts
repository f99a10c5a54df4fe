// The door to Click's configuration language: text in, flat graph and findings out. Pure, and
// bounded in time and memory by lib/limits.ts; bad input is findings, never an exception.

import type { Finding } from '../errors.ts'
import { CONFIG_TEXT_MAX } from '../limits.ts'
import type { Statement } from './ast.ts'
import type { BodyNode, ClassValue, Compound } from './compound.ts'
import { Elaborator } from './elaborate.ts'
import { Findings } from './findings.ts'
import type { FlatGraph } from './flat.ts'
import { flatten } from './flatten.ts'
import { parse } from './parser.ts'

export type { BodyNode, ClassValue, Compound } from './compound.ts'
export type { FlatConnection, FlatElement, FlatGraph } from './flat.ts'
export { unparse, unparseConnections } from './unparse.ts'
export { type Resolve, substitute, type VariableForm } from './variables.ts'

export interface ParseOptions {
  /** Named in findings; 'config' where it is not given. */
  readonly filename?: string
  /** Variables of the command line: they override the text's own `define`s. */
  readonly defines?: Readonly<Record<string, string>>
  /**
   * Is there an element class of this name? Not given: every name may be a class, and one that is
   * not declared as an element is taken for one (as Click's tools do).
   */
  readonly known?: (className: string) => boolean
  /** Text of a `require(library …)` file; null: there is none. */
  readonly library?: (name: string) => { filename: string; text: string } | null
  /** For tools that write configurations again: see FlattenOptions. */
  readonly asWritten?: boolean
  readonly keepVariables?: boolean
}

export interface Parsed {
  /** What could be made of the text; only to be used where there are no errors. */
  readonly graph: FlatGraph
  readonly errors: readonly Finding[]
  readonly warnings: readonly Finding[]
}

export function parseConfig(text: string, options: ParseOptions = {}): Parsed {
  const { file, requirements, findings } = elaborate(text, options)
  const graph = flatten(file, findings, {
    requirements,
    defines: options.defines ?? {},
    asWritten: options.asWritten,
    keepVariables: options.keepVariables,
  })
  return { graph, errors: findings.errors, warnings: findings.warnings }
}

/** A configuration with its compound elements, not expanded. */
export interface ParsedCompounds {
  readonly file: Compound
  /** Classes that the file defines, by name, in order. */
  readonly definitions: ReadonlyMap<string, ClassValue>
  readonly requirements: readonly string[]
  readonly errors: readonly Finding[]
  readonly warnings: readonly Finding[]
}

export function parseCompounds(text: string, options: ParseOptions = {}): ParsedCompounds {
  const { file, definitions, requirements, findings } = elaborate(text, options)
  const { errors, warnings } = findings
  return { file, definitions, requirements, errors, warnings }
}

/**
 * The graph inside a compound element: its first two elements are `input` and `output`, of classes
 * of these names (a file has none); parameters stay variables.
 * @param nameOf not given: compound elements inside are expanded; given: they stay elements, of the
 *   class that it names
 */
export function bodyGraph(
  compound: Compound,
  nameOf?: (inner: Compound) => string,
): { graph: FlatGraph; errors: readonly Finding[] } {
  const findings = new Findings()
  const isFile = compound.depth === 0
  const nodes = compound.nodes.map((node, i): BodyNode => {
    const primitive = (name: string) => ({ ...node, cls: { kind: 'primitive', name } as const })
    if (i < 2 && !isFile) return { ...primitive(i === 0 ? 'input' : 'output'), jump: -1 }
    const { cls } = node
    return cls?.kind === 'compound' && nameOf !== undefined ? primitive(nameOf(cls.compound)) : node
  })
  const body = { ...compound, nodes, params: [] }
  const graph = flatten(body, findings, {
    requirements: [],
    defines: {},
    asWritten: true,
    keepVariables: true,
  })
  return { graph, errors: findings.errors }
}

function elaborate(text: string, options: ParseOptions) {
  const findings = new Findings()
  const filename = options.filename ?? 'config'
  let chars = 0
  const read = (part: string, file: string): readonly Statement[] => {
    chars += part.length
    if (chars <= CONFIG_TEXT_MAX) return parse(part, file, findings)
    findings.error(file, `configuration is longer than ${CONFIG_TEXT_MAX} characters`)
    return []
  }
  const libraries = new Set<string>()
  const library = (name: string): readonly Statement[] | null => {
    const file = options.library?.(name) ?? null
    if (file === null) return null
    if (libraries.has(file.filename)) return []
    libraries.add(file.filename)
    return read(file.text, file.filename)
  }
  const elaborator = new Elaborator(findings, { known: options.known, library })
  const file = elaborator.file(read(text, filename))
  const { definitions, requirements } = elaborator
  return { file, definitions, requirements, findings }
}
