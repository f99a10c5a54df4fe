/*
=c

Unqueue2([BURST, I<keywords> QUEUES, QUIET])

=s shaping

pull-to-push converter that looks at the room downstream

=d

Pulls packets whenever there are any and pushes them on, but never more than the fullest of its queues
has room for. Its queues are the nearest ones downstream, where QUEUES does not name others. Unqueue is
the element to use; sources and Unqueue2 both wait while a Queue is full.

=over 8

=item BURST

Integer. Packets that it pulls each time it is scheduled; 0 or less: as many as there are. Default is 1.

=item QUEUES

Names of elements that store packets, separated by spaces; no names: it looks at none.

=item QUIET

Boolean. If true, does not say that Unqueue should be used. Default is false.

=back

=h packets read-only

Returns the number of packets that have passed.

=e

  ... -> Queue -> Unqueue2(8) -> Queue(100) -> ...

=a Unqueue, RatedUnqueue
*/

import { arg, element } from '../../dataplane/element.ts'
import { listedQueues, nearestQueues } from '../lib/near-queues.ts'

/** Looks again so soon while there is no room: nobody says when there is. */
const LOOK_AGAIN_MS = 1

export default element({
  name: 'Unqueue2',
  ports: '1/1',
  processing: 'l/h',

  config: {
    BURST: arg.int(1).at(),
    QUEUES: arg.text('-'),
    QUIET: arg.bool(false),
  },

  counters: { packets: 'packets passed' },

  local: 'names of the queues that it looks at, found when it starts',

  configure(config, context) {
    if (!config.QUIET) context.message?.('Unqueue2 is deprecated, you should probably use Unqueue')
    return { queues: config.QUEUES === '-' ? null : listedQueues(config.QUEUES, context) }
  },

  open(): { queues: readonly string[] } {
    return { queues: [] }
  },

  initialize(self, errors) {
    const listed = self.plan.queues
    self.resource.queues = listed ?? nearestQueues(self.router, self.name, 'down')
    for (const name of listed ?? [])
      if (self.router.storageOf(name) === null) errors.error(`'${name}' is not a Storage element`)
    self.schedule()
  },

  task(self) {
    const { BURST } = self.config
    let room = BURST <= 0 ? Infinity : BURST
    for (const name of self.resource.queues) {
      const queue = self.router.storageOf(name)
      if (queue !== null) room = Math.min(room, queue.capacity - queue.length)
    }
    let n = 0
    for (; n < room; n++) {
      const p = self.in[0]!()
      if (p === null) break
      self.counters.packets++
      self.out[0]!(p)
    }
    if (room <= 0) self.timerAt(self.router.nowMs + LOOK_AGAIN_MS)
    return n > 0
  },

  timer(self) {
    self.schedule()
  },
})
