/*
=c

ToHost(DEVNAME)

=s comm

hands Ethernet frames to the kernel by a FromHost's device

=d

Frames that come in are received by the kernel on the interface DEVNAME, which a FromHost
of the same router has made. Their destination must be the interface's address, and IP
packets should be for this host.

=e

  FromHost(fake, 10.9.0.1/24) -> Discard;
  FromDevice(eth0) -> ToHost(fake);

=h dev_name read-only

Returns the interface's name.

=h drops read-only

Returns the number of packets that the kernel was not given.

=a FromHost, KernelTap
*/

import { arg, element } from '../../dataplane/element.ts'
import { hostDevice } from '../lib/host-device.ts'
import { SENT, type Transport } from '../lib/transport.ts'

export default element({
  name: 'ToHost',
  ports: '1/0',
  processing: 'h/h',
  config: { DEVNAME: arg.string().at().must() },
  counters: { drops: 'packets that the kernel was not given' },
  local: 'the device belongs to FromHost',

  open: (): { transport: Transport | null } => ({ transport: null }),

  initialize(self, errors) {
    const { DEVNAME } = self.config
    self.resource.transport = hostDevice(DEVNAME)
    if (self.resource.transport === null)
      errors.error(`ToHost(${DEVNAME}) requires an initialized FromHost with the same dev_name`)
  },

  push(self, _port, p) {
    if (self.resource.transport?.send(p) !== SENT) self.counters.drops++
    self.kill(p)
  },

  handlers: {
    dev_name: { read: (self) => self.config.DEVNAME },
  },
})
