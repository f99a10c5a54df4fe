// The flat graph: what a configuration means once compound elements are expanded. Plain data, so
// it can be sent, compared and printed.

export interface FlatElement {
  /** Full name; parts inside compounds are `outer/inner`. */
  readonly name: string
  readonly className: string
  /** Arguments split at top-level commas, as written, trimmed, variables replaced. */
  readonly args: readonly string[]
  /** The whole configuration string, variables replaced. */
  readonly config: string
  /** `file:line` of the declaration. */
  readonly where: string
}

/** Elements are named by their index in `elements`. */
export interface FlatConnection {
  readonly from: number
  readonly fromPort: number
  readonly to: number
  readonly toPort: number
  readonly where: string
}

export interface FlatGraph {
  readonly elements: readonly FlatElement[]
  readonly connections: readonly FlatConnection[]
  /** Package names of `require(package …)` and old-style `require(name)`, in order, once each. */
  readonly requirements: readonly string[]
  /** Variables of the outermost level, from `define` and from the command line. */
  readonly defines: Readonly<Record<string, string>>
}
