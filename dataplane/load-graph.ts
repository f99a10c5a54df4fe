// Configuration text to a resolved graph, with every error at once: language, element classes,
// arguments, push and pull. Makes no element: also what `click-up check` looks with.

import { type FlatGraph, parseConfig } from '../lib/click/index.ts'
import type { Finding } from '../lib/errors.ts'
import { type Classes, classFiles, loadClasses } from './classes.ts'
import type { AnyElement } from './element.ts'
import { type Graph, INFORMATION_CLASSES, resolveGraph } from './graph.ts'

export interface GraphText {
  readonly config: string
  /** Name of the file, for messages. */
  readonly configName: string
  readonly defines: Readonly<Record<string, string>>
}

export interface LoadedGraph {
  readonly flat: FlatGraph
  /** Null where there are errors. */
  readonly graph: Graph | null
  readonly errors: readonly Finding[]
  readonly warnings: readonly Finding[]
  /** The text itself has errors, so that `flat` is in pieces. */
  readonly broken: boolean
}

export interface LoadOptions {
  /** False: only the given classes count, as in a replica, whose artifact has all that it uses. */
  readonly builtIn?: boolean
}

/** @param own element classes besides the built-in ones; they win over these */
export async function loadGraph(
  text: GraphText,
  own: readonly AnyElement[],
  { builtIn = true }: LoadOptions = {},
): Promise<LoadedGraph> {
  const extra: Classes = new Map(own.map((spec) => [spec.name, spec]))
  const parsed = parseConfig(text.config, {
    filename: text.configName,
    defines: { ...text.defines },
    known: (name) =>
      extra.has(name) || (builtIn && classFiles().has(name)) || INFORMATION_CLASSES.has(name),
  })
  const flat = parsed.graph
  const broken = parsed.errors.length > 0
  const names = flat.elements.map((e) => e.className)
  const classes = builtIn ? await loadClasses(names, extra) : extra
  // Of a broken text, only what does not follow from its being broken.
  const resolved = resolveGraph(flat, (name) => classes.get(name), { partial: broken })
  const errors = [...parsed.errors, ...resolved.errors]
  const warnings = [...parsed.warnings, ...resolved.warnings]
  return { flat, graph: errors.length > 0 ? null : resolved.graph, errors, warnings, broken }
}
