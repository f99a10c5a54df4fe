// A small graph for NotifierTest, as the engine sees graphs:
//
//   source -> pass -> queue -> pass -> puller         other -> pass -> sink

import type { Node, PortRef } from '../../dataplane/compile.ts'
import { element } from '../../dataplane/element.ts'

const WORK = { config: {}, task: () => false } as const

const PASS = element({ name: 'Pass', ports: '1/1', config: {}, action: (_self, p) => p })
const SOURCE = element({ name: 'Source', ports: '0/1', ...WORK })
const SPLIT = element({ name: 'Split', ports: '0/2', ...WORK })
const SINK = element({ name: 'Sink', ports: '1/0', config: {}, push: () => undefined })
const PULLER = element({ name: 'Puller', ports: '1/0', processing: 'l/l', ...WORK })
const QUEUE = element({
  name: 'Held',
  ports: '1/1',
  processing: 'h/l',
  notesFull: true,
  config: {},
  push: () => undefined,
  pull: () => null,
})

function node(spec: Node['spec'], inputs: Node['inputs'], outputs: Node['outputs']): Node {
  return { name: spec.name, spec, self: null, inputs, outputs }
}

const to = (element: number, port = 0): PortRef => ({ element, port })

export function chain() {
  const nodes = [
    node(SOURCE, [], [to(1)]),
    node(PASS, ['push'], [to(2)]),
    node(QUEUE, ['push'], ['pull']),
    node(PASS, [to(2)], ['pull']),
    node(PULLER, [to(3)], []),
    node(SPLIT, [], [to(6)]),
    node(PASS, ['push'], [to(7)]),
    node(SINK, ['push'], []),
  ]
  return { nodes, source: 0, queue: 2, puller: 4, other: 5 }
}
