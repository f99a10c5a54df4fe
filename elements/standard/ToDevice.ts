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
import { ClickUpError } from '../../lib/errors.ts'
import { BATCH } from '../../lib/limits.ts'

export default element({
  name: 'ToDevice',
  ports: '1/0',
  processing: 'a/a',

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
    if (self.resource.send(p)) self.counters.count++
    else self.counters.drops++
  },

  task(self) {
    if (self.inputKinds[0] !== 'pull') return false
    const burst = self.config.BURST
    for (let n = 0; n < burst; n++) {
      const p = self.in[0]!()
      if (p === null) return n > 0
      if (self.resource.send(p)) self.counters.count++
      else self.counters.drops++
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
