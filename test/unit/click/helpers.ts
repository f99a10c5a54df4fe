// Short ways to look at what a configuration means.

import { type ParseOptions, parseConfig, unparse } from '../../../lib/click/index.ts'

/** Flat text on one line per statement, blank lines left out. */
export function flat(text: string, options?: ParseOptions): string[] {
  const { graph, errors } = parseConfig(text, options)
  if (errors.length > 0) throw new Error(errors.map((e) => `${e.where}: ${e.message}`).join('\n'))
  return unparse(graph)
    .replaceAll('\n    ', ' ')
    .split('\n')
    .filter((line) => line !== '')
}

export function errors(text: string, options?: ParseOptions): string[] {
  return parseConfig(text, options).errors.map((e) => `${e.where}: ${e.message}`)
}

export const KNOWN: ReadonlySet<string> = new Set([
  'Idle',
  'Discard',
  'Queue',
  'Null',
  'Tee',
  'Print',
  'Paint',
])

export const known = (name: string): boolean => KNOWN.has(name)
