/*
=c

AdaptiveRED(TARGET, MAX_P [, I<keywords>])

=s aqm

drops packets by Adaptive Random Early Detection

=d

A RED that sets its own parameters: its thresholds are TARGET/2 and 3*TARGET/2, and every half second it
raises or lowers MAX_P a little, as the average length of the queues is above or below the middle. What
it has come to is state, and moves.

=over 8

=item TARGET

Unsigned integer, the wanted length of the queues; at least 10.

=item MAX_P

Real number from 0 to 1: where it starts from.

=item QUEUES

As in RED.

=item STABILITY

As in RED.

=back

=h min_thresh read/write

Returns or sets RED's MIN_THRESH parameter.

=h max_thresh read/write

Returns or sets RED's MAX_THRESH parameter.

=h max_p read/write

Returns or sets the MAX_P parameter, as it is now.

=h drops read-only

Returns the number of packets dropped.

=h queues read-only

Returns the names of its queues, one a line.

=h avg_queue_size read-only

Returns the average length.

=h stats read-only

Returns length, average and drops, for people.

=e

  ... -> AdaptiveRED(25, 0.02) -> Queue(200) -> ...

=a RED, CoDel
*/

import { arg, element } from '../../dataplane/element.ts'
import { heldIn } from '../lib/near-queues.ts'
import {
  averageLength,
  findQueues,
  ONE,
  type RedSettings,
  redQueues,
  redState,
  STABILITY_MAX,
} from '../lib/red.ts'
import { redHandlers, redPull, redPush } from '../lib/red-element.ts'
import { SETTINGS } from '../lib/settings.ts'

const INTERVAL_MS = 500
const TARGET_MIN = 10
const ONE_HUNDREDTH = Math.round(ONE / 100)
const NINE_TENTHS = Math.round((ONE * 9) / 10)

export default element({
  name: 'AdaptiveRED',
  ports: '1/1-2',
  processing: 'a/ah',

  config: {
    TARGET: arg.count().at().must(),
    MAX_P: arg.real().at().must(),
    QUEUES: arg.text(''),
    STABILITY: arg.count(4),
  },

  counters: { drops: 'packets dropped' },

  state: redState(),

  local: SETTINGS,

  configure(config, context) {
    if (config.MAX_P < 0 || config.MAX_P > 1)
      context.error('max_p parameter must be between 0 and 1')
    if (config.STABILITY > STABILITY_MAX)
      context.error(`STABILITY parameter must be between 0 and ${STABILITY_MAX}`)
    return { queues: redQueues(config.QUEUES, context) }
  },

  open(self): RedSettings {
    const target = Math.max(self.config.TARGET, TARGET_MIN)
    const min = Math.floor(target / 2)
    const maxP = Math.round(self.config.MAX_P * ONE)
    const { STABILITY: stability } = self.config
    return { min, max: target + min, maxP, gentle: true, stability, queues: [] }
  },

  initialize(self, errors) {
    self.resource.queues = findQueues(self, self.plan.queues, errors)
    self.timerAt(self.router.nowMs + INTERVAL_MS)
  },

  push(self, _port, p) {
    redPush(self, p)
  },

  pull(self) {
    return redPull(self)
  },

  timer(self) {
    const { red } = self.state
    const { min, max, stability, queues, maxP } = self.resource
    const now = red.adapted > 0 ? red.adapted : maxP
    const length = stability === 0 ? heldIn(self.router, queues) : averageLength(red)
    const part = Math.floor((max - min) / 2)
    if (length < min + part && now > ONE_HUNDREDTH)
      red.adapted = Math.floor((now * NINE_TENTHS) / ONE)
    else if (length > max - part && now < ONE / 2)
      red.adapted = now + Math.min(ONE_HUNDREDTH, Math.floor(now / 4))
    self.timerAt(self.router.nowMs + INTERVAL_MS)
  },

  handlers: redHandlers,
})
