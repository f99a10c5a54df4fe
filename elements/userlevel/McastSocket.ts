/*
=c

McastSocket(MCASTIP, MCASTPORT [, SOURCEIP, SOURCEPORT, I<keywords>])

=s comm

exchanges packets with a multicast group over UDP

=d

Packets that come in by the input are sent to the multicast address as UDP datagrams;
datagrams that are sent there leave by the output. Packets do not pass from input to
output.

With SOURCEIP, datagrams are sent from that address (and SOURCEPORT), by its interface
only; what comes from there is one's own, and dropped. Without, the system's routes
choose interface and address, and one's own packets come back unless LOOP is false.

A pushed packet waits for room in the socket, 5 seconds at most; a pulled one is
pulled when there is room.

=over 8

=item LOOP

Boolean. Whether processes of this host, this one too, get what is sent. Default is
true.

=item SNAPLEN

Unsigned. Bytes of a received packet at most. Default is 2048.

=item SNDBUF, RCVBUF

Unsigned. Bytes of the kernel's buffers. The default is the system's.

=item TIMESTAMP

Boolean. If true, received packets have the current time as time annotation. Default
is true.

=item HEADROOM

Unsigned. Bytes in front of received packets. Default is 256.

=back

=e

  link :: McastSocket(239.0.0.0, 1234, 127.0.0.1);
  RatedSource(RATE 1) -> link -> Print -> Discard;

=h count read-only

Returns the number of packets received.

=h drops read-only

Returns the number of packets that could not be sent.

=a Socket
*/

import { arg } from '../../dataplane/element.ts'
import { parseArgs } from '../../lib/click/args.ts'
import { type McastSpec, McastTransport } from '../lib/mcast-transport.ts'
import { portOf } from '../lib/socket-element.ts'
import { DEFAULT_HEADROOM, type TransportPlan, transportElement } from '../lib/transport-element.ts'

const CONFIG = {
  MCASTIP: arg.ip(0).at().must(),
  MCASTPORT: arg.text('').at().must(),
  SOURCEIP: arg.ip(0).at(),
  SOURCEPORT: arg.text('0').at(),
  SNAPLEN: arg.count(2048),
  HEADROOM: arg.count(DEFAULT_HEADROOM),
  TIMESTAMP: arg.bool(true),
  RCVBUF: arg.int(-1),
  SNDBUF: arg.int(-1),
  LOOP: arg.bool(true),
}

interface Plan extends TransportPlan {
  readonly mcast: Omit<McastSpec, 'label'>
}

export default transportElement<Plan>({
  name: 'McastSocket',
  ports: '0-1/0-1',

  configure(context) {
    const config = parseArgs(CONFIG, context.args, context)
    if (config.SNAPLEN === 0) context.error('SNAPLEN: must be positive')
    return {
      headroom: config.HEADROOM,
      timestamp: config.TIMESTAMP,
      mcast: {
        group: config.MCASTIP,
        port: portOf('MCASTPORT', config.MCASTPORT, context),
        source: config.SOURCEIP,
        sourcePort: portOf('SOURCEPORT', config.SOURCEPORT, context),
        loop: config.LOOP,
        sendBuffer: config.SNDBUF,
        receiveBuffer: config.RCVBUF,
        snaplen: config.SNAPLEN,
      },
    }
  },

  open: (self) =>
    new McastTransport({ ...self.plan.mcast, label: `${self.name} :: ${self.className}` }),
})
