// TimedUnqueue and Burster: so many packets at a time, once an interval.

import { cell } from '../../dataplane/declare.ts'
import { type AnyElement, arg, element } from '../../dataplane/element.ts'

/** So many intervals without a packet, and it sleeps until one comes: its time starts anew then. */
const PATIENCE = 9

export function timedUnqueue(name: string, burst: number): AnyElement {
  return element({
    name,
    ports: '1/1',
    processing: 'l/h',

    config: {
      INTERVAL: arg.seconds().at().must(),
      BURST: arg.int(burst).at(),
    },

    state: {
      next: cell({
        version: 1,
        scope: 'shared',
        merge: 'last_writer',
        row: { due: 'time', empty: 'u32' },
      }),
    },

    configure(config, context) {
      if (config.BURST <= 0) context.error('bad BURST')
    },

    initialize(self) {
      self.state.next.due = self.router.nowMs
      self.schedule()
    },

    task(self) {
      const { next } = self.state
      const now = self.router.nowMs
      if (now < next.due) {
        self.timerAt(next.due) // after a move nobody else has
        return false
      }
      let n = 0
      for (; n < self.config.BURST; n++) {
        const p = self.in[0]!()
        if (p === null) break
        self.out[0]!(p)
      }
      next.empty = n === 0 ? next.empty + 1 : 0
      if (next.empty > PATIENCE) return false
      const ms = Math.floor(self.config.INTERVAL * 1000)
      // From the time that it was due, unless it has slept since.
      const from = now - next.due < Math.max(ms, 1) ? next.due : now
      next.due = from + ms
      self.timerAt(next.due)
      return n > 0
    },

    timer(self) {
      self.schedule()
    },
  })
}
