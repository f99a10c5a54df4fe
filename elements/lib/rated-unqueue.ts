// RatedUnqueue and BandwidthRatedUnqueue.

import { type AnyElement, element } from '../../dataplane/element.ts'
import { parseBandwidth, parseInteger } from '../../lib/click/args.ts'
import { checkBurst, type Meter, meterOf, ratedConfig, type Unit } from './rated.ts'
import { SETTINGS, toBool } from './settings.ts'

export function ratedUnqueue(name: string, unit: Unit): AnyElement {
  return element({
    name,
    ports: '1/1',
    processing: 'l/h',

    config: ratedConfig(unit),

    counters: { count: 'packets passed' },

    local: SETTINGS,

    configure(config, context) {
      checkBurst(config, unit, context)
    },

    open(self): { meter: Meter; active: boolean } {
      const { config, router } = self
      return { meter: meterOf(config, unit, config.RATE, router.nowMs), active: true }
    },

    initialize(self) {
      self.schedule()
    },

    task(self) {
      const { meter, active } = self.resource
      const now = self.router.nowMs
      if (!active) return false
      if (!meter.isOpen(now)) {
        self.timerAt(meter.nextMs(now))
        return false
      }
      const p = self.in[0]!()
      if (p === null) return false
      meter.take(p)
      self.counters.count++
      self.out[0]!(p)
      return true
    },

    timer(self) {
      self.schedule()
    },

    handlers: {
      rate: {
        read: (self) => String(self.resource.meter.rate),
        write(self, value) {
          const rate = (unit === 'bytes' ? parseBandwidth : parseInteger)(value.trim())
          if (rate === null || rate < 0) throw new Error('bad rate')
          self.resource.meter = meterOf(self.config, unit, rate, self.router.nowMs)
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
