/*
=c

QueueYankTest(QUEUE)

=s test

tests taking packets out of queues

=d

Fills an empty QUEUE, which must have room for 6 packets at least, takes packets out of its middle, its
front and its end, and checks what is left and its order. It does so once, when the router runs, and says
whether all was right. The queue is empty afterwards.

=over 8

=item QUEUE

Name of an element that stores packets.

=back

=e

  Idle -> q :: Queue(6) -> Idle; QueueYankTest(q)

=a Queue
*/

import type { PacketFifo } from '../../dataplane/declare.ts'
import { arg, element, type RouterServices } from '../../dataplane/element.ts'
import type { Packet } from '../../dataplane/packet.ts'
import { COLORS, checkAll } from '../lib/yank-checks.ts'

export default element({
  name: 'QueueYankTest',
  ports: '0/0',

  config: { QUEUE: arg.element().at().must() },

  initialize(self, errors) {
    if (self.router.storageOf(self.config.QUEUE) === null)
      errors.error(`'${self.config.QUEUE}' is not a Storage element`)
    self.schedule()
  },

  task(self) {
    const queue = self.router.storageOf(self.config.QUEUE)!
    const say = (text: string) => self.router.print(`${self.name} :: QueueYankTest: ${text}`)
    if (queue.length > 0) say(`'${self.config.QUEUE}' is not empty`)
    else if (queue.capacity < COLORS)
      say(`'${self.config.QUEUE}' has no room for ${COLORS} packets`)
    else {
      const problem = checkAll(
        queue,
        (color) => make(self, color),
        (p) => self.kill(p),
      )
      clear(self, queue)
      say(problem ?? 'All tests pass!')
    }
    return false
  },
})

interface Me {
  readonly router: RouterServices
  kill(p: Packet): void
}

function make(self: Me, color: number): Packet | null {
  const p = self.router.pool.alloc()
  if (p !== null) p.paint = color
  return p
}

function clear(self: Me, queue: PacketFifo): void {
  for (let p = queue.shift(); p !== null; p = queue.shift()) self.kill(p)
}
