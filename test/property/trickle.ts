// An element for tests: takes a packet every 10 ms, so that a queue in front of it fills. At
// even times of its clock: in another replica it goes on in the same rhythm.

import { element } from '../../dataplane/element.ts'

const EVERY_MS = 10

export const Trickle = element({
  name: 'Trickle',
  ports: '1/1',
  processing: 'l/h',
  config: {},
  initialize(self) {
    self.timerAt(nextOf(self.router.nowMs))
  },
  timer(self) {
    const { nowMs } = self.router
    // One that was due while the replica stood by is late.
    const p = nowMs % EVERY_MS === 0 ? self.in[0]!() : null
    if (p !== null) self.out[0]!(p)
    self.timerAt(nextOf(nowMs))
  },
})

function nextOf(nowMs: number): number {
  return (Math.floor(nowMs / EVERY_MS) + 1) * EVERY_MS
}
