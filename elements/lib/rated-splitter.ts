// RatedSplitter and BandwidthRatedSplitter.

import { type AnyElement, element } from '../../dataplane/element.ts'
import { parseBandwidth, parseInteger } from '../../lib/click/args.ts'
import { burstOf, burstTokens, Meter, RATED_CONFIG, rateArg, type Unit } from './rated.ts'
import { SETTINGS } from './settings.ts'

export function ratedSplitter(name: string, unit: Unit): AnyElement {
  return element({
    name,
    ports: '1/2',
    processing: 'h/h',

    config: { RATE: rateArg(unit), ...RATED_CONFIG },

    local: SETTINGS,

    configure(config, context): { burst: number } {
      return { burst: burstOf(config, unit, context) }
    },

    open(self): { meter: Meter } {
      const { RATE } = self.config
      return { meter: new Meter(unit, RATE, self.plan.burst, self.router.nowMs) }
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
          const { BURST_SIZE, BURST_BYTES, BURST_DURATION } = self.config
          const size = unit === 'bytes' ? BURST_BYTES : BURST_SIZE
          const burst = burstTokens(rate, size, BURST_DURATION)
          self.resource.meter = new Meter(unit, rate, burst, self.router.nowMs)
        },
      },
    },
  })
}
