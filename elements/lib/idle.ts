// Idle and SimpleIdle.

import { type AnyElement, element } from '../../dataplane/element.ts'

export function idle(name: string): AnyElement {
  return element({
    name,
    ports: '-/-',
    processing: 'a/a',
    flow: 'x/y',
    config: {},

    push(self, _port, p) {
      self.kill(p)
    },

    pull() {
      return null
    },
  })
}
