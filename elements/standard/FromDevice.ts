/*
=c

FromDevice(DEVNAME [, I<keywords>])

=s netdevices

reads packets from a port

=d

Emits the packets that come in by the port DEVNAME: a port of the service, or, where
a configuration runs on its own, the network interface of that name. Packets have
their time, link header, packet type and port annotations set.

In a service the packets are this replica's: those of its buckets.

=over 8

=item DEVNAME

Name of a port.

=item ACTIVE

Boolean. Accepted; the element always emits what comes in.

=item SNIFFER, PROMISC, SNAPLEN, METHOD, BURST, HEADROOM, OUTBOUND, TIMESTAMP

Accepted, so that Click's configurations load; the port's driver decides.

=back

=h count read-only

Returns the number of packets read.

=h kernel_drops read-only

Returns the number of packets that were dropped before they were read.

=h reset_counts write-only

Resets the count to zero.

=a ToDevice
*/

import { arg, element } from '../../dataplane/element.ts'

export default element({
  name: 'FromDevice',
  ports: '0/1',
  processing: 'h/h',
  source: true,

  config: {
    DEVNAME: arg.string().at().must(),
    SNIFFER: arg.bool(true).at(),
    PROMISC: arg.bool(false),
    SNAPLEN: arg.count(2046).at(),
    METHOD: arg.text(''),
    BURST: arg.count(1),
    HEADROOM: arg.count(28),
    OUTBOUND: arg.bool(false),
    TIMESTAMP: arg.bool(true),
    ACTIVE: arg.bool(true),
  },

  counters: { count: 'packets read' },

  receives: (self) => self.config.DEVNAME,

  initialize(self, errors) {
    const { DEVNAME } = self.config
    if (self.router.port(DEVNAME) === null) errors.error(`no port or interface '${DEVNAME}'`)
  },

  handlers: {
    kernel_drops: {
      read: (self) => String(self.router.port(self.config.DEVNAME)?.counters.rxDropped ?? 0),
    },
    reset_counts: {
      button: true,
      write(self) {
        self.counters.count = 0
      },
    },
  },
})
