// Shaper and BandwidthShaper.

import { type AnyElement, element } from '../../dataplane/element.ts'
import { parseBandwidth, parseInteger } from '../../lib/click/args.ts'
import { rateArg, type Unit } from './rated.ts'
import { SETTINGS } from './settings.ts'

/** A shaper that was not asked in time catches up by this much. */
const SLACK_MS = 20

interface Settings {
  rate: number
  /** When the next packet may pass. */
  nextMs: number
}

export function shaper(name: string, unit: Unit): AnyElement {
  return element({
    name,
    ports: '1/1-2',
    processing: 'l/l',

    config: { RATE: rateArg(unit) },

    local: SETTINGS,

    open(self): Settings {
      return { rate: self.config.RATE, nextMs: 0 }
    },

    pull(self, port) {
      const settings = self.resource
      const now = self.router.nowMs
      const open = settings.rate > 0 && settings.nextMs <= now
      if ((port === 0) !== open) {
        if (port === 0 && settings.rate > 0) self.timerAt(settings.nextMs)
        return null
      }
      const p = self.in[0]!()
      if (p === null || port !== 0) return p
      const tokens = unit === 'bytes' ? p.end - p.off : 1
      settings.nextMs = Math.max(settings.nextMs, now - SLACK_MS) + (tokens * 1000) / settings.rate
      return p
    },

    timer(self) {
      self.notify()
    },

    handlers: {
      rate: {
        read: (self) => String(self.resource.rate),
        write(self, value) {
          const rate = (unit === 'bytes' ? parseBandwidth : parseInteger)(value.trim())
          if (rate === null || rate < 0) throw new Error('bad rate')
          self.resource.rate = rate
          self.notify()
        },
      },
      reset: {
        button: true,
        write(self) {
          self.resource.nextMs = self.router.nowMs
          self.notify()
        },
      },
    },
  })
}
