// RatedUnqueue and BandwidthRatedUnqueue.

import { type AnyElement, element } from '../../dataplane/element.ts'
import {
  bucketState,
  checkBurst,
  needed,
  ratedConfig,
  rateOf,
  rateText,
  setRate,
  tokensOf,
  type Unit,
} from './rated.ts'
import { SETTINGS, toBool } from './settings.ts'
import type { TokenRate } from './token-bucket.ts'

export function ratedUnqueue(name: string, unit: Unit): AnyElement {
  return element({
    name,
    reconfigures: true,
    ports: '1/1',
    processing: 'l/h',

    config: ratedConfig(unit),

    counters: { count: 'packets passed' },

    state: bucketState(),

    local: SETTINGS,

    configure(config, context) {
      checkBurst(config, unit, context)
    },

    open(self): { rate: TokenRate; active: boolean } {
      return { rate: rateOf(self.config, unit, self.config.RATE), active: true }
    },

    initialize(self) {
      self.schedule()
    },

    task(self) {
      const { rate, active } = self.resource
      const { bucket } = self.state
      if (!active) return false
      const now = self.router.nowMs
      rate.refill(bucket, now)
      if (!rate.contains(bucket, needed(unit))) {
        const ms = rate.msUntil(bucket, needed(unit))
        if (ms !== Infinity) self.timerAt(now + ms)
        return false
      }
      const p = self.in[0]!()
      if (p === null) return false
      rate.remove(bucket, tokensOf(unit, p))
      self.counters.count++
      self.out[0]!(p)
      return true
    },

    timer(self) {
      self.schedule()
    },

    handlers: {
      rate: {
        read: (self) => rateText(unit, self.resource.rate.rate),
        write(self, value) {
          setRate(self, unit, value)
          self.schedule()
        },
      },
      active: {
        read: (self) => String(self.resource.active),
        write(self, value) {
          self.resource.active = toBool(value)
          self.schedule()
        },
      },
    },
  })
}
