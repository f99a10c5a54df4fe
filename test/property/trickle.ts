// An element for tests: takes a packet every 10 ms, so that a queue in front of it fills.

import { element } from '../../dataplane/element.ts'

const EVERY_MS = 10

export const Trickle = element({
  name: 'Trickle',
  ports: '1/1',
  processing: 'l/h',
  config: {},
  initialize(self) {
    self.timerAt(self.router.nowMs + EVERY_MS)
  },
  timer(self) {
    const p = self.in[0]!()
    if (p !== null) self.out[0]!(p)
    self.timerAt(self.router.nowMs + EVERY_MS)
  },
})
