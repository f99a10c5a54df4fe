/*
=c

CoDel([TARGET, INTERVAL, I<keyword> QUEUES])

=s aqm

drops packets that have waited too long

=d

Drops packets by Controlled Delay (RFC 8289): where packets have waited for longer than TARGET in the
queue during all of an INTERVAL, it drops one, and more and more often until they wait less. How long a
packet has waited is told by its first time annotation, which SetTimestamp sets in front of the queue;
packets without it are never dropped. A packet that goes on has the time that it waited there. What the
algorithm remembers is state, and moves.

=over 8

=item TARGET

Time. Default is 5 ms.

=item INTERVAL

Time. Default is 100 ms.

=item QUEUES

Names of elements that store packets, separated by spaces; else the nearest upstream. They are shown by its handlers.

=back

=h codel_target read/write

Returns or sets the TARGET parameter.

=h target read/write

Same as C<codel_target>.

=h codel_interval read/write

Returns or sets the INTERVAL parameter.

=h interval read/write

Same as C<codel_interval>.

=h drops read-only

Returns the number of packets dropped.

=h queues read-only

Returns the names of its queues, one a line.

=h stats read-only

Returns the length of the queues and the drops, for people.

=e

  ... -> SetTimestamp(FIRST true) -> Queue(200) -> CoDel(5ms, 100ms) -> ...

=a RED, SetTimestamp, Queue
*/

import { cell } from '../../dataplane/declare.ts'
import { arg, element } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { parseSeconds } from '../../lib/click/args.ts'
import { firstTimeUs, setFirstTimeUs } from '../lib/anno-words.ts'
import { intervalText } from '../lib/interval.ts'
import { heldIn } from '../lib/near-queues.ts'
import { findQueues, redQueues } from '../lib/red.ts'
import { SETTINGS } from '../lib/settings.ts'

interface Settings {
  targetMs: number
  intervalMs: number
  queues: readonly string[]
}

export default element({
  name: 'CoDel',
  ports: '1/1',
  processing: 'l/l',

  config: {
    TARGET: arg.seconds(0.005).at(),
    INTERVAL: arg.seconds(0.1).at(),
    QUEUES: arg.text(''),
  },

  counters: { drops: 'packets dropped' },

  state: {
    codel: cell({
      version: 1,
      scope: 'shared',
      merge: 'last_writer',
      row: {
        /** 1: packets wait too long; `above_until` says since when that is so long that one goes. */
        above: 'u8',
        above_until: 'time',
        dropping: 'u8',
        /** Drops since dropping began. */
        count: 'u32',
        next: 'time',
      },
    }),
  },

  local: SETTINGS,

  configure(config, context) {
    return { queues: redQueues(config.QUEUES, context) }
  },

  open(self): Settings {
    const { TARGET, INTERVAL } = self.config
    return { targetMs: TARGET * 1000, intervalMs: INTERVAL * 1000, queues: [] }
  },

  initialize(self, errors) {
    self.resource.queues = findQueues(self, self.plan.queues, errors)
  },

  pull(self) {
    const { codel } = self.state
    const { intervalMs } = self.resource
    const now = self.router.nowMs
    let p = self.in[0]!()
    let late = isLate(self, p)
    if (codel.dropping === 1) {
      if (!late) codel.dropping = 0
      while (codel.dropping === 1 && now >= codel.next) {
        p = dropAndPull(self, p)
        codel.count++
        late = isLate(self, p)
        if (late) codel.next += intervalMs / Math.sqrt(codel.count)
        else codel.dropping = 0
      }
    } else if (late && (now - codel.next < intervalMs || now - codel.above_until >= intervalMs)) {
      p = dropAndPull(self, p)
      isLate(self, p)
      codel.dropping = 1
      // One that dropped lately goes on about where it stopped.
      codel.count = now - codel.next < intervalMs && codel.count > 2 ? codel.count - 2 : 1
      codel.next = now + intervalMs / Math.sqrt(codel.count)
    }
    if (p !== null && firstTimeUs(p) > 0) setFirstTimeUs(p, self.router.nowUs - firstTimeUs(p))
    return p
  },

  handlers: {
    codel_target: timeHandler('targetMs'),
    target: timeHandler('targetMs'),
    codel_interval: timeHandler('intervalMs'),
    interval: timeHandler('intervalMs'),
    queues: { read: (self) => self.resource.queues.map((name) => `${name}\n`).join('') },
    stats: {
      read: (self) =>
        `${heldIn(self.router, self.resource.queues)} current queue\n${self.counters.drops} drops\n`,
    },
  },
})

interface Me {
  readonly in: readonly (() => Packet | null)[]
  readonly counters: { drops: number }
  readonly resource: Settings
  readonly router: { readonly nowMs: number; readonly nowUs: number }
  readonly state: {
    readonly codel: { above: number; above_until: number }
  }
  kill(p: Packet): void
}

/** Have packets waited for too long, this one and those of an interval before? */
function isLate(self: Me, p: Packet | null): boolean {
  const { codel } = self.state
  const { router, resource } = self
  const stamped = p === null ? 0 : firstTimeUs(p)
  if (p !== null && stamped === 0) return false
  if (p === null || router.nowUs - stamped < resource.targetMs * 1000) {
    codel.above = 0
    return false
  }
  if (codel.above === 1) return router.nowMs >= codel.above_until
  codel.above = 1
  codel.above_until = router.nowMs + resource.intervalMs
  return false
}

function dropAndPull(self: Me, p: Packet | null): Packet | null {
  if (p !== null) {
    self.counters.drops++
    self.kill(p)
  }
  return self.in[0]!()
}

function timeHandler(name: 'targetMs' | 'intervalMs') {
  return {
    read: (self: { resource: Settings }) => intervalText(self.resource[name] * 1000),
    write(self: { resource: Settings }, value: string) {
      const seconds = parseSeconds(value.trim())
      if (seconds === null) throw new Error('expected a time')
      self.resource[name] = seconds * 1000
    },
  }
}
