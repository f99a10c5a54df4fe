// RatedSplitter and BandwidthRatedSplitter.

import { type AnyElement, element } from '../../dataplane/element.ts'
import { parseBandwidth, parseInteger } from '../../lib/click/args.ts'
import { checkBurst, type Meter, meterOf, ratedConfig, type Unit } from './rated.ts'
import { SETTINGS } from './settings.ts'

export function ratedSplitter(name: string, unit: Unit): AnyElement {
  return element({
    name,
    ports: '1/2',
    processing: 'h/h',

    config: ratedConfig(unit),

    local: SETTINGS,

    configure(config, context) {
      checkBurst(config, unit, context)
    },

    open(self): { meter: Meter } {
      const { config, router } = self
      return { meter: meterOf(config, unit, config.RATE, router.nowMs) }
    },

    route(self, p) {
      const { meter } = self.resource
      if (!meter.isOpen(self.router.nowMs)) return 1
      meter.take(p)
      return 0
    },

    handlers: {
      rate: {
        read: (self) => String(self.resource.meter.rate),
        write(self, value) {
          const rate = (unit === 'bytes' ? parseBandwidth : parseInteger)(value.trim())
          if (rate === null || rate < 0) throw new Error('bad rate')
          self.resource.meter = meterOf(self.config, unit, rate, self.router.nowMs)
        },
      },
    },
  })
}
