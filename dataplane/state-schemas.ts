// Schemas of a configuration's states without a router: what a new version would take, known before
// anything of it is started.

import { numberOf } from './assembly.ts'
import type { StateDecl } from './declare.ts'
import type { Graph } from './graph.ts'
import { type StateSchema, schemaOf } from './schema.ts'
import { layoutOfSchema, recordBytes } from './state-record.ts'

export function schemasOfGraph(graph: Graph): StateSchema[] {
  return graph.elements.flatMap((e) =>
    Object.entries((e.spec.state ?? {}) as Record<string, StateDecl>).map(([state, decl]) => {
      const capacity = decl.kind === 'cell' ? 1 : numberOf(e, decl.capacity)
      return schemaOf(e.name, e.className, state, decl, capacity)
    }),
  )
}

/** Bytes that a row takes in the state stream; 0 for packets, which are as long as they are. */
export function streamedBytes(schema: StateSchema): number {
  return schema.kind === 'packets' ? 0 : recordBytes(layoutOfSchema(schema))
}
