// The door to Click's configuration language: text in, flat graph and findings out. Pure.

import type { Finding } from '../errors.ts'
import type { FlatGraph } from './flat.ts'

export type { FlatConnection, FlatElement, FlatGraph } from './flat.ts'

export interface ParseOptions {
  /** Named in findings; 'config' where it is not given. */
  readonly filename?: string
  /** Variables of the command line: they override the text's own `define`s. */
  readonly defines?: Readonly<Record<string, string>>
  /** Is there an element class of this name? Not given: every name may be a class. */
  readonly known?: (className: string) => boolean
  /** Text of a `require(library …)` file; null: there is none. */
  readonly library?: (name: string) => { filename: string; text: string } | null
}

export interface Parsed {
  /** What could be made of the text; only to be used where there are no errors. */
  readonly graph: FlatGraph
  readonly errors: readonly Finding[]
  readonly warnings: readonly Finding[]
}
