/*
=c

RED(MIN_THRESH, MAX_THRESH, MAX_P [, I<keywords>])

=s aqm

drops packets by Random Early Detection

=d

Drops packets at random, or sends them to output 1 where there is one, with a probability that grows
with the average length of its queues: before they are full, so that senders slow down in time. Its
queues are the nearest elements that store packets, downstream where packets are pushed through it, and
upstream where they are pulled. What is averaged is state, and moves.

=over 8

=item MIN_THRESH

Unsigned integer. While the average is not more than that, nothing is dropped.

=item MAX_THRESH

Unsigned integer, at least MIN_THRESH. Where the average is MAX_THRESH, a packet is dropped with
probability MAX_P; between both thresholds the probability grows with the average.

=item MAX_P

Real number from 0 to 1.

=item QUEUES

Names of elements that store packets, separated by spaces. It looks at these.

=item STABILITY

Unsigned integer, 16 at most. A new length goes with a weight of 2 to the power of -STABILITY into the
average; with 0, the length itself counts. Default is 4.

=item GENTLE

Boolean. If true (the default), the probability grows from MAX_P at MAX_THRESH to 1 at twice MAX_THRESH.
If false, every packet is dropped while the average is more than MAX_THRESH.

=back

=h min_thresh read/write

Returns or sets the MIN_THRESH parameter.

=h max_thresh read/write

Returns or sets the MAX_THRESH parameter.

=h max_p read/write

Returns or sets the MAX_P parameter.

=h drops read-only

Returns the number of packets dropped.

=h queues read-only

Returns the names of its queues, one a line.

=h avg_queue_size read-only

Returns the average length.

=h stats read-only

Returns length, average and drops, for people.

=e

  ... -> RED(5, 50, 0.02) -> Queue(200) -> ...

=a AdaptiveRED, CoDel, PI, Queue
*/

import { arg, element } from '../../dataplane/element.ts'
import {
  findQueues,
  ONE,
  type RedSettings,
  redProblem,
  redQueues,
  redState,
  STABILITY_MAX,
} from '../lib/red.ts'
import { redHandlers, redPull, redPush } from '../lib/red-element.ts'
import { SETTINGS } from '../lib/settings.ts'

export default element({
  name: 'RED',
  ports: '1/1-2',
  processing: 'a/ah',

  config: {
    MIN_THRESH: arg.count().at().must(),
    MAX_THRESH: arg.count().at().must(),
    MAX_P: arg.real().at().must(),
    QUEUES: arg.text(''),
    STABILITY: arg.count(4),
    GENTLE: arg.bool(true),
  },

  counters: { drops: 'packets dropped' },

  state: redState(),

  local: SETTINGS,

  configure(config, context) {
    const problem = redProblem(config.MIN_THRESH, config.MAX_THRESH, config.MAX_P)
    if (problem !== null) context.error(problem)
    if (config.STABILITY > STABILITY_MAX)
      context.error(`STABILITY parameter must be between 0 and ${STABILITY_MAX}`)
    return { queues: redQueues(config.QUEUES, context) }
  },

  open(self): RedSettings {
    const { MIN_THRESH, MAX_THRESH, MAX_P, STABILITY, GENTLE } = self.config
    const maxP = Math.round(MAX_P * ONE)
    return {
      min: MIN_THRESH,
      max: MAX_THRESH,
      maxP,
      gentle: GENTLE,
      stability: STABILITY,
      queues: [],
    }
  },

  initialize(self, errors) {
    self.resource.queues = findQueues(self, self.plan.queues, errors)
  },

  push(self, _port, p) {
    redPush(self, p)
  },

  pull(self) {
    return redPull(self)
  },

  handlers: redHandlers,
})
