/*
=c

RandomSample([P, I<keywords> SAMPLE, DROP, ACTIVE])

=s classification

samples packets with some probability

=d

Sends each packet to output 0 with probability P. The others go to output 1, or are dropped where
there is none.

=over 8

=item SAMPLE

Real number from 0 to 1. The same as P.

=item DROP

Real number from 0 to 1. The probability that a packet is not sampled: one of P, SAMPLE and DROP
must be given.

=item ACTIVE

Boolean. If false, all packets go to output 0. Default is true.

=back

=h sampling_prob read/write

Returns or sets the probability that a packet is sampled.

=h drop_prob read/write

Returns or sets the probability that it is not.

=h active read/write

Returns or sets the ACTIVE parameter.

=h drops read-only

Returns the number of packets that were not sampled.

=e

  ... -> RandomSample(0.01) -> ToDump(sample.pcap)

=a RandomBitErrors, RandomSwitch
*/

import { arg, DROP, element } from '../../dataplane/element.ts'
import { parseReal } from '../../lib/click/args.ts'
import { SETTINGS, toBool } from '../lib/settings.ts'

/** Probabilities are multiples of 2 to the power of -28, as in Click. */
const STEPS = 1 << 28

interface Settings {
  /** Of STEPS. */
  sample: number
  active: boolean
}

export default element({
  name: 'RandomSample',
  reconfigures: true,
  ports: '1/1-2',
  processing: 'a/ah',

  config: {
    P: arg.real(-1).at(),
    SAMPLE: arg.real(-1),
    DROP: arg.real(-1),
    ACTIVE: arg.bool(true),
  },

  counters: { drops: 'packets that were not sampled' },

  local: SETTINGS,

  configure(config, context) {
    const { P, SAMPLE, DROP: drop } = config
    const p = P !== -1 ? P : SAMPLE !== -1 ? SAMPLE : drop !== -1 ? 1 - drop : -1
    if (p < 0 || p > 1) context.error('sampling probability must be between 0 and 1')
    return { sample: Math.round(p * STEPS) }
  },

  open(self): Settings {
    return { sample: self.plan.sample, active: self.config.ACTIVE }
  },

  route(self) {
    const { sample, active } = self.resource
    if (!active || draw(self.router.random()) < sample) return 0
    self.counters.drops++
    return self.noutputs > 1 ? 1 : DROP
  },

  handlers: {
    sampling_prob: {
      read: (self) => text(self.resource.sample),
      write(self, value) {
        self.resource.sample = probability(value, 'sampling_prob')
      },
    },
    drop_prob: {
      read: (self) => text(STEPS - self.resource.sample),
      write(self, value) {
        self.resource.sample = STEPS - probability(value, 'drop_prob')
      },
    },
    active: {
      read: (self) => String(self.resource.active),
      write(self, value) {
        self.resource.active = toBool(value)
      },
    },
  },
})

/** The lower 28 of a random number's 31 bits, as Click draws: a seed gives the same sample. */
function draw(random: number): number {
  return Math.floor(random * 0x8000_0000) & (STEPS - 1)
}

function text(steps: number): string {
  return String(Number((steps / STEPS).toFixed(8)))
}

function probability(value: string, name: string): number {
  const p = parseReal(value.trim())
  if (p === null || p < 0 || p > 1) throw new Error(`${name} must be between 0 and 1`)
  return Math.round(p * STEPS)
}
