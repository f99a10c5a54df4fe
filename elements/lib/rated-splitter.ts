// RatedSplitter and BandwidthRatedSplitter.

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
import { SETTINGS } from './settings.ts'
import type { TokenRate } from './token-bucket.ts'

export function ratedSplitter(name: string, unit: Unit): AnyElement {
  return element({
    name,
    reconfigures: true,
    ports: '1/2',
    processing: 'h/h',

    config: ratedConfig(unit),

    state: bucketState(),

    local: SETTINGS,

    configure(config, context) {
      checkBurst(config, unit, context)
    },

    open(self): { rate: TokenRate } {
      return { rate: rateOf(self.config, unit, self.config.RATE) }
    },

    route(self, p) {
      const { rate } = self.resource
      const { bucket } = self.state
      rate.refill(bucket, self.router.nowMs)
      if (!rate.contains(bucket, needed(unit))) return 1
      rate.remove(bucket, tokensOf(unit, p))
      return 0
    },

    handlers: {
      rate: {
        read: (self) => rateText(unit, self.resource.rate.rate),
        write: (self, value) => setRate(self, unit, value),
      },
    },
  })
}
