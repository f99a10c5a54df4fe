// Schedulers that choose an input for each pull: the first that has a packet, by rank or in turn.

import { cell } from '../../dataplane/declare.ts'
import { type AnyElement, element } from '../../dataplane/element.ts'

/** Input 0 first, then 1 and so on. */
export function prioSched(name: string): AnyElement {
  return element({
    name,
    ports: '-/1',
    processing: 'l/l',
    config: {},

    pull(self) {
      for (let input = 0; input < self.ninputs; input++) {
        const p = self.in[input]!()
        if (p !== null) return p
      }
      return null
    },
  })
}

/** From the input behind the one that gave the last packet. */
export function roundRobinSched(name: string): AnyElement {
  return element({
    name,
    ports: '-/1',
    processing: 'l/l',
    config: {},

    state: {
      turn: cell({
        version: 1,
        scope: 'local',
        reason: 'each replica takes turns among its own packets',
        row: { next: 'i32' },
      }),
    },

    pull(self) {
      const n = self.ninputs
      const first = self.state.turn.next
      for (let k = 0; k < n; k++) {
        const input = first + k < n ? first + k : first + k - n
        const p = self.in[input]!()
        if (p === null) continue
        self.state.turn.next = input + 1 < n ? input + 1 : 0
        return p
      }
      return null
    },
  })
}
