// Meter and BandwidthMeter: the output that a packet goes to tells how fast packets have come lately.

import { cell } from '../../dataplane/declare.ts'
import { type AnyElement, type ConfigureContext, element } from '../../dataplane/element.ts'
import { parseBandwidth, parseReal } from '../../lib/click/args.ts'
import { averageAfter, PACKET_UNITS, rateText } from './rate.ts'
import type { Unit } from './rated.ts'

export function meter(name: string, unit: Unit): AnyElement {
  return element({
    name,
    ports: '1/2-',
    processing: 'h/h',
    config: 'raw',

    state: {
      rate: cell({
        version: 1,
        scope: 'shared',
        merge: 'last_writer',
        row: { at: 'time', count: 'f64', average: 'f64' },
      }),
    },

    configure(_config, context) {
      return { bounds: boundsOf(context, name, unit) }
    },

    initialize(self) {
      self.state.rate.at = self.router.nowMs
    },

    route(self, p) {
      const { rate } = self.state
      lookAt(rate, self.router.nowMs)
      rate.count += unit === 'bytes' ? p.end - p.off : 1
      const { bounds } = self.plan
      const { average } = rate
      let k = 0
      while (k < bounds.length && average >= bounds[k]!) k++
      return k
    },

    handlers: {
      rate: {
        read(self) {
          lookAt(self.state.rate, self.router.nowMs)
          return rateText(self.state.rate.average, PACKET_UNITS)
        },
      },
      meters: {
        read: (self) => self.plan.bounds.map((b) => `${rateText(b, PACKET_UNITS)}\n`).join(''),
      },
    },
  })
}

/** Rates in the units of the average. */
function boundsOf(context: ConfigureContext, name: string, unit: Unit): number[] {
  const { args } = context
  if (args.length === 0) context.error(`too few arguments to ${name}(rate, ...)`)
  const rates = args.map((text, i) => {
    const plain = parseReal(text)
    const rate = plain ?? parseBandwidth(text)
    if (rate === null || rate < 0) context.error(`argument ${i + 1} syntax error`)
    if (plain !== null && unit === 'bytes')
      context.warning(`no units for bandwidth argument ${i + 1}, assuming Bps`)
    return Math.floor(((rate ?? 0) * PACKET_UNITS) / 1000)
  })
  for (let i = 1; i < rates.length; i++)
    if (rates[i]! <= rates[i - 1]!) context.error(`rate ${i + 1} must be > rate ${i}`)
  if (rates.length > 0 && context.noutputs !== rates.length + 1)
    context.error(`need ${rates.length + 1} outputs, one more than rates`)
  return rates
}

interface Row {
  at: number
  count: number
  average: number
}

function lookAt(rate: Row, nowMs: number): void {
  const ticks = Math.floor(nowMs) - Math.floor(rate.at)
  if (ticks <= 0) return
  rate.average = averageAfter(rate.average, rate.count, ticks - 1, PACKET_UNITS)
  rate.count = 0
  rate.at = nowMs
}
