// A resolved graph: every element with its specification, arguments parsed, ports counted, each
// port push or pull. Pure data, made by `resolveGraph`; also what `click-up check` looks at.

import type { AddressTable, AnyElement } from './element.ts'

export type PortKind = 'push' | 'pull'

export interface GraphElement {
  readonly index: number
  readonly name: string
  readonly className: string
  readonly spec: AnyElement
  /** `file:line` of the declaration. */
  readonly where: string
  /** Arguments as written. */
  readonly args: readonly string[]
  /** Configuration string as written. */
  readonly configText: string
  /** Parsed by the declaration; {} where that is 'raw'. */
  readonly config: Readonly<Record<string, unknown>>
  /** What `configure` returned. */
  readonly plan: unknown
  readonly ninputs: number
  readonly noutputs: number
  readonly inputKinds: readonly PortKind[]
  readonly outputKinds: readonly PortKind[]
  readonly addresses: AddressTable
}

export interface PortRef {
  readonly element: number
  readonly port: number
}

export interface GraphConnection {
  readonly from: number
  readonly fromPort: number
  readonly to: number
  readonly toPort: number
  readonly kind: PortKind
  readonly where: string
}

export interface Graph {
  readonly elements: readonly GraphElement[]
  readonly connections: readonly GraphConnection[]
  readonly requirements: readonly string[]
  /** Where a push output leads to: its one input; null: not connected. */
  out(element: number, port: number): PortRef | null
  /** Where a pull input fetches from: its one output; null: not connected. */
  in(element: number, port: number): PortRef | null
}
