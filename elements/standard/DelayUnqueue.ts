/*
=c

DelayUnqueue(DELAY)

=s shaping

delay-inducing pull-to-push converter

=d

Pulls packets and pushes each on DELAY seconds after the time in its time annotation, at
the earliest; a packet without one is stamped when it is pulled. The delay is
added to the annotation.

=h delay read/write

Returns or sets the DELAY parameter.

=a DelayShaper, Unqueue
*/

import { packets } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import { parseSeconds } from '../../lib/click/args.ts'
import { SETTINGS } from '../lib/settings.ts'

export default element({
  name: 'DelayUnqueue',
  ports: '1/1',
  processing: 'l/h',

  config: { DELAY: arg.seconds().at().must() },

  state: { held: packets({ capacity: 1 }) },

  local: SETTINGS,

  open(self): { delayUs: number } {
    return { delayUs: self.config.DELAY * 1e6 }
  },

  initialize(self) {
    self.schedule()
  },

  task(self) {
    const { held } = self.state
    if (held.length === 0) {
      const p = self.in[0]!()
      if (p === null) return false
      if (p.timeUs < 1e6) p.timeUs = self.router.nowUs // of the first second of 1970: not set
      held.push(p)
    }
    const due = held.peek()!.timeUs + self.resource.delayUs
    const early = due - self.router.nowUs
    if (early > 0) {
      self.timerAt(self.router.nowMs + early / 1000)
      return false
    }
    const p = held.shift()!
    p.timeUs = due
    self.out[0]!(p)
    return true
  },

  timer(self) {
    self.schedule()
  },

  handlers: {
    delay: {
      read: (self) => String(self.resource.delayUs / 1e6),
      write(self, value) {
        const seconds = parseSeconds(value.trim())
        if (seconds === null) throw new Error('delay must be a time')
        self.resource.delayUs = seconds * 1e6
        self.schedule()
      },
    },
  },
})
