/*
=c

PI(W, A, B, TARGET [, I<keywords>])

=s aqm

drops packets by a proportional integral controller

=d

Drops packets at random, or sends them to output 1 where there is one, with a probability that a controller
keeps so that its queues have TARGET packets (Hollot and others, 2001): every W seconds, the probability
changes by A times the distance of the length from TARGET, less B times what it was before. Its queues are
the nearest elements that store packets, downstream where packets are pushed through it, and upstream
where they are pulled. The probability is state, and moves.

=over 8

=item W

Real number, seconds between two looks.

=item A

Real number.

=item B

Real number, a little less than A.

=item TARGET

Unsigned integer, the wanted length of the queues.

=item QUEUES

Names of elements that store packets, separated by spaces. It looks at these.

=item QREF

Another name of TARGET.

=item STABILITY

Unsigned integer, as in RED: of the average that C<avg_queue_size> shows. Default is 4.

=back

=h w read/write

Returns or sets the W parameter.

=h a read/write

Returns or sets the A parameter.

=h b read/write

Returns or sets the B parameter.

=h target_q read/write

Returns or sets the TARGET parameter.

=h p read-only

Returns the probability.

=h drops read-only

Returns the number of packets dropped.

=h queues read-only

Returns the names of its queues, one a line.

=h avg_queue_size read-only

Returns the average length.

=h stats read-only

Returns length, average and drops, for people.

=e

  ... -> PI(0.01, 0.00182, 0.0018, 50) -> Queue(200) -> ...

=a RED, CoDel
*/

import { cell } from '../../dataplane/declare.ts'
import { arg, element, type RouterServices } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { parseReal } from '../../lib/click/args.ts'
import { heldIn } from '../lib/near-queues.ts'
import { findQueues, redQueues, STABILITY_MAX } from '../lib/red.ts'
import { SETTINGS } from '../lib/settings.ts'

interface Settings {
  w: number
  a: number
  b: number
  target_q: number
  queues: readonly string[]
}

/** Looks are not closer together than that: a timer has no finer steps. */
const LOOK_MS_MIN = 1

export default element({
  name: 'PI',
  ports: '1/1-2',
  processing: 'a/ah',

  config: {
    W: arg.real().at().must(),
    A: arg.real().at().must(),
    B: arg.real().at().must(),
    TARGET: arg.count().at().must(),
    QUEUES: arg.text('').at(),
    QREF: arg.int(-1),
    STABILITY: arg.count(4),
  },

  counters: { drops: 'packets dropped' },

  state: {
    pi: cell({
      version: 1,
      scope: 'shared',
      merge: 'last_writer',
      row: { p: 'f64', old_length: 'f64', average: 'f64' },
    }),
  },

  local: SETTINGS,

  configure(config, context) {
    if (config.W <= 0) context.error('W must be positive')
    if (config.STABILITY > STABILITY_MAX)
      context.error(`STABILITY parameter must be between 0 and ${STABILITY_MAX}`)
    return { queues: redQueues(config.QUEUES, context) }
  },

  open(self): Settings {
    const { W, A, B, TARGET, QREF } = self.config
    return { w: W, a: A, b: B, target_q: QREF >= 0 ? QREF : TARGET, queues: [] }
  },

  initialize(self, errors) {
    self.resource.queues = findQueues(self, self.plan.queues, errors)
    self.timerAt(self.router.nowMs + lookMs(self.resource))
  },

  push(self, _port, p) {
    if (chance(self)) drop(self, p)
    else self.out[0]!(p)
  },

  pull(self) {
    for (;;) {
      const p = self.in[0]!()
      if (p === null || !chance(self)) return p
      drop(self, p)
    }
  },

  timer(self) {
    const { pi } = self.state
    const { a, b, target_q, queues } = self.resource
    const length = heldIn(self.router, queues)
    const p = pi.p + a * (length - target_q) - b * (pi.old_length - target_q)
    pi.p = Math.min(1, Math.max(0, p))
    pi.old_length = length
    pi.average += (length - pi.average) * 2 ** -self.config.STABILITY
    self.timerAt(self.router.nowMs + lookMs(self.resource))
  },

  handlers: {
    w: setting('w'),
    a: setting('a'),
    b: setting('b'),
    target_q: setting('target_q'),
    p: { read: (self) => String(self.state.pi.p) },
    queues: { read: (self) => self.resource.queues.map((name) => `${name}\n`).join('') },
    avg_queue_size: { read: (self) => averageText(self.state.pi) },
    stats: {
      read(self) {
        const length = heldIn(self.router, self.resource.queues)
        const average = averageText(self.state.pi)
        return `${length} current queue\n${average} avg queue\n${self.counters.drops} drops\n`
      },
    },
  },
})

interface Me {
  readonly noutputs: number
  readonly out: readonly ((p: Packet) => void)[]
  readonly counters: { drops: number }
  readonly state: { readonly pi: { readonly p: number } }
  readonly router: RouterServices
  kill(p: Packet): void
}

function chance(self: Me): boolean {
  const { p } = self.state.pi
  return p > 0 && self.router.random() < p
}

function drop(self: Me, p: Packet): void {
  self.counters.drops++
  if (self.noutputs > 1) self.out[1]!(p)
  else self.kill(p)
}

function lookMs({ w }: Settings): number {
  return Math.max(LOOK_MS_MIN, w * 1000)
}

function averageText({ average }: { readonly average: number }): string {
  return String(Number(average.toFixed(3)))
}

function setting(name: 'w' | 'a' | 'b' | 'target_q') {
  return {
    read: (self: { resource: Settings }) => String(self.resource[name]),
    write(self: { resource: Settings }, value: string) {
      const n = parseReal(value.trim())
      if (n === null || (name === 'w' && n <= 0)) throw new Error(`bad ${name}`)
      self.resource[name] = n
    },
  }
}
