/*
=c

RandomSeed([SEED])

=s test

sets the random seed

=d

Seeds the router's random numbers with SEED: from then on they are those that Click draws with that seed.
Without SEED, they start anew from a number that nobody knows.

=over 8

=item SEED

Unsigned integer of 32 bits.

=back

=h seed write-only

Seeds the random numbers, by a number, or without one by a number that nobody knows.

=e

  RandomSeed(1)

=a RandomSample, RandomSource
*/

import { arg, element } from '../../dataplane/element.ts'
import { parseInteger } from '../../lib/click/args.ts'

const SEEDS = 0x1_0000_0000

export default element({
  name: 'RandomSeed',
  ports: '0/0',

  config: { SEED: arg.u32(-1).at() },

  initialize(self) {
    seed(self, self.config.SEED)
  },

  handlers: {
    seed: {
      write(self, value) {
        const text = value.trim()
        const n = text === '' ? -1 : parseInteger(text)
        if (n === null || (n < 0 && text !== '') || n >= SEEDS)
          throw new Error('SEED: invalid number')
        seed(self, n)
      },
    },
  },
})

interface Me {
  readonly router: { random(): number; seedRandom(seed: number): void; readonly nowUs: number }
}

/** Without a number, by the time: it is the only thing that differs from run to run. */
function seed(self: Me, n: number): void {
  const { router } = self
  router.seedRandom((n >= 0 ? n : Math.floor(router.nowUs + router.random() * SEEDS)) | 0)
}
