// Shaper and BandwidthShaper, with Click's arithmetic: what may pass is counted in each second of the
// clock. The second is cut in gaps of the same length, one for each packet or byte; when n gaps are
// over, n may have passed.

import { cell } from '../../dataplane/declare.ts'
import { type AnyElement, element } from '../../dataplane/element.ts'
import { parseRate, rateArg, rateText, tokensOf, type Unit } from './rated.ts'
import { SETTINGS } from './settings.ts'

/** Gaps are whole numbers of so many parts of a microsecond. */
const PARTS = 4096

const SECOND_US = 1_000_000

/** A gap of no length: a higher rate than that is as good as none. */
const RATE_MAX = SECOND_US * PARTS - 1

interface Count {
  /** The second that `passed` is of, from 1 on; 0: nothing has passed yet. */
  second: number
  passed: number
}

export function shaper(name: string, unit: Unit): AnyElement {
  return element({
    name,
    reconfigures: true,
    ports: '1/1-2',
    processing: 'l/l',

    config: { RATE: rateArg(unit) },

    state: {
      count: cell({
        version: 1,
        scope: 'shared',
        merge: 'last_writer',
        row: { second: 'f64', passed: 'f64' },
      }),
    },

    local: SETTINGS,

    open(self): { rate: number } {
      return { rate: Math.min(self.config.RATE, RATE_MAX) }
    },

    pull(self, port) {
      const { count } = self.state
      const { rate } = self.resource
      const wait = rate === 0 ? Infinity : usUntilOpen(count, rate, self.router.nowUs)
      if ((port === 0) !== wait <= 0) {
        if (port === 0 && wait !== Infinity) self.timerAt(self.router.nowMs + wait / 1000)
        return null
      }
      const p = self.in[0]!()
      if (p !== null && port === 0) count.passed += tokensOf(unit, p)
      return p
    },

    timer(self) {
      self.notify()
    },

    handlers: {
      rate: {
        read: (self) => rateText(unit, self.resource.rate),
        write(self, value) {
          const rate = Math.min(parseRate(unit, value), RATE_MAX)
          if (rate !== self.resource.rate && rate > 0 && self.state.count.second > 0)
            self.state.count.passed = gapsOver(rate, self.router.nowUs)
          self.resource.rate = rate
          self.notify()
        },
      },
      reset: {
        button: true,
        write(self) {
          self.state.count.second = 0
          self.notify()
        },
      },
    },
  })
}

function gapOf(rate: number): number {
  return Math.floor((SECOND_US * PARTS) / rate)
}

/** Gaps of the second that are over. */
function gapsOver(rate: number, nowUs: number): number {
  return Math.floor((Math.floor(nowUs % SECOND_US) * PARTS) / gapOf(rate))
}

/** Microseconds until one may pass; 0: now. */
function usUntilOpen(count: Count, rate: number, nowUs: number): number {
  const us = Math.floor(nowUs % SECOND_US)
  const over = gapsOver(rate, nowUs)
  const second = Math.floor(nowUs / SECOND_US) + 1
  if (count.second === 0) {
    // The first may pass in the first half of a gap.
    const late = us * PARTS - over * gapOf(rate) > gapOf(rate) / 2
    count.passed = over + (late ? 1 : 0)
    count.second = second
  } else if (second > count.second) {
    count.second = second
    if (count.passed > 0) count.passed -= rate
  }
  if (over >= count.passed) return 0
  const opens = Math.ceil((count.passed * gapOf(rate)) / PARTS)
  return Math.max(1, Math.min(opens, SECOND_US) - us)
}
