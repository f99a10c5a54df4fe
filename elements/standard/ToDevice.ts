/*
=c

ToDevice(DEVNAME [, I<keywords>])

=s netdevices

sends packets to a port

=d

Sends packets out of the port DEVNAME: a port of the service, or, where a
configuration runs on its own, the network interface of that name. Its input may be
pushed to, or pulled: then it sleeps while there are no packets. Packets leave at the
end of the turn in which they were sent.

With outputs, packets that the port took leave by output 0, and those that it would not
take by output 1.

=over 8

=item DEVNAME

Name of a port.

=item BURST

Unsigned. Packets pulled each time it is scheduled. Default is 64.

=item METHOD, DEBUG, NO_PAD

Accepted, so that Click's configurations load; the port's driver decides.

=back

=h count read-only

Returns the number of packets sent.

=h drops read-only

Returns the number of packets that the port would not take.

=h reset_counts write-only

Resets the counts to zero.

=a FromDevice, Queue
*/

import { arg, element } from '../../dataplane/element.ts'
import type { Port } from '../../dataplane/io/device.ts'
import type { Packet, Pool } from '../../dataplane/packet.ts'
import { ClickUpError } from '../../lib/errors.ts'
import { BATCH } from '../../lib/limits.ts'

export default element({
  name: 'ToDevice',
  ports: '1/0-2',
  processing: 'a/h',

  config: {
    DEVNAME: arg.string().at().must(),
    BURST: arg.count(BATCH),
    METHOD: arg.text(''),
    DEBUG: arg.bool(false),
    NO_PAD: arg.bool(false),
  },

  counters: {
    count: 'packets sent',
    drops: 'packets that the port would not take',
  },

  local: 'a port is of this replica',

  open(self): Port {
    const port = self.router.port(self.config.DEVNAME)
    if (port !== null) return port
    const { DEVNAME } = self.config
    throw new ClickUpError(
      'INTERFACE',
      `no port or interface '${DEVNAME}'`,
      'name one that is there',
    )
  },

  initialize(self) {
    if (self.inputKinds[0] === 'pull') self.schedule()
  },

  push(self, _port, p) {
    send(self, p)
  },

  task(self) {
    if (self.inputKinds[0] !== 'pull') return false
    const burst = self.config.BURST
    for (let n = 0; n < burst; n++) {
      const p = self.in[0]!()
      if (p === null) return n > 0
      send(self, p)
    }
    return true
  },

  handlers: {
    reset_counts: {
      button: true,
      write(self) {
        self.counters.count = 0
        self.counters.drops = 0
      },
    },
  },
})

interface Me {
  readonly noutputs: number
  readonly resource: Port
  readonly counters: { count: number; drops: number }
  readonly out: readonly ((p: Packet) => void)[]
  readonly router: { readonly pool: Pool }
}

/** The port takes the packet in any case: what leaves by an output is a copy. */
function send(self: Me, p: Packet): void {
  const copy = self.noutputs > 0 ? self.router.pool.clone(p) : null
  const sent = self.resource.send(p)
  if (sent) self.counters.count++
  else self.counters.drops++
  if (copy === null) return
  const out = self.out[sent ? 0 : 1]
  if (out !== undefined) out(copy)
  else self.router.pool.free(copy)
}
