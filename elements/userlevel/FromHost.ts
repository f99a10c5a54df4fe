/*
=c

FromHost(DEVNAME [, DST, I<keywords>])

=s comm

makes a tap device and reads what the kernel sends to it

=d

Makes an Ethernet interface of the kernel named DEVNAME (F</dev/net/tun>), with the
address DST if given, and brings it up. Frames that the kernel sends leave by the
output. ToHost gives it frames to receive. The kernel asks for addresses by ARP;
somebody must answer. KernelTap is the same in one element.

It needs root, or CAP_NET_ADMIN. The interface is removed when the router stops.

=over 8

=item DST

The interface's address, as ADDR/MASK.

=item GATEWAY

IP address on that network. A default route by it is added.

=item ETHER

Ethernet address of the interface. By default the kernel chooses one.

=item DST6

IPv6 prefix: the interface's IPv6 address. Needs the program C<ip>.

=item MTU

Integer. Default is 1500.

=item HEADROOM

Unsigned. Bytes in front of received packets. Default is 256.

=back

=e

  FromHost(fake, 10.9.0.1/24) -> c :: Classifier(12/0806, 12/0800);
  c[0] -> ARPResponder(0.0.0.0/0 1:1:1:1:1:1) -> ToHost(fake);
  c[1] -> Discard;

=h dev_name read-only

Returns the interface's name.

=h count read-only

Returns the number of packets that came from the kernel.

=h drops read-only

Returns 0.

=a ToHost, KernelTap, KernelTun
*/

import { execFileSync } from 'node:child_process'
import { arg } from '../../dataplane/element.ts'
import { parseArgs } from '../../lib/click/args.ts'
import { addHostDevice, removeHostDevice } from '../lib/host-device.ts'
import { DEFAULT_HEADROOM, type TransportPlan, transportElement } from '../lib/transport-element.ts'
import { type TunSpec, TunTransport } from '../lib/tun-transport.ts'

const CONFIG = {
  DEVNAME: arg.string('').at().must(),
  DST: arg.ipnet({ addr: 0, mask: 0 }).at(),
  GATEWAY: arg.ip(0),
  DST6: arg.string(''),
  ETHER: arg.eth(new Uint8Array(0)),
  HEADROOM: arg.count(DEFAULT_HEADROOM),
  MTU: arg.count(1500),
}

interface Plan extends TransportPlan {
  readonly tun: TunSpec
  readonly address6: string
}

export default transportElement<Plan>({
  name: 'FromHost',
  ports: '0/1',

  configure(context) {
    const config = parseArgs(CONFIG, context.args, context)
    const { addr, mask } = config.DST
    const { GATEWAY, DEVNAME, DST6 } = config
    if (GATEWAY !== 0 && (GATEWAY & mask) !== (addr & mask)) context.error('bad GATEWAY')
    if (DEVNAME === '') context.error('must specify device name')
    return {
      headroom: config.HEADROOM,
      timestamp: true,
      address6: DST6,
      tun: {
        label: 'FromHost',
        tap: true,
        devname: DEVNAME,
        address: addr,
        mask,
        gateway: GATEWAY,
        mtu: config.MTU,
        ether: config.ETHER,
        quietOverflows: true,
      },
    }
  },

  open(self) {
    const transport = new TunTransport(self.plan.tun, () => removeHostDevice(transport))
    addHostDevice(transport)
    const { address6 } = self.plan
    if (address6 !== '')
      execFileSync('ip', ['-6', 'addr', 'add', address6, 'dev', transport.devname])
    return transport
  },

  handlers: {
    dev_name: { read: (self) => (self.resource as TunTransport).devname },
  },
})
