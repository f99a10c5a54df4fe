/*
=c

KernelFilter(FILTER, ... [, I<keywords>])

=s comm

keeps the kernel from handling packets

=d

Adds rules to the kernel's firewall, by C<iptables>, and removes them when the router
stops. Packets that are dropped so are still seen by FromDevice. Use it where packets of
a device are to be handled by the configuration alone. It needs root. After a kill -9
the rules remain.

A FILTER is C<drop dev DEVNAME>: all that comes in by the device.

=over 8

=item IPTABLES_COMMAND

The program. Default is F</sbin/iptables> or F</usr/sbin/iptables>.

=back

=e

  KernelFilter(drop dev eth0);
  FromDevice(eth0) -> Discard;

=a FromDevice, ToDevice, KernelTun
*/

import { element } from '../../dataplane/element.ts'
import { cpUnquote, splitSpaces, takeWord } from '../../lib/click/args.ts'
import { filterDevice } from '../lib/device-filter.ts'

export default element({
  name: 'KernelFilter',
  ports: '0/0',
  config: 'raw',
  local: 'rules of this host, as long as the element is there',

  configure(_config, context): { devices: string[]; command: string } {
    let command = ''
    const devices: string[] = []
    for (const text of context.args) {
      const { word, rest } = takeWord(text)
      const [, type, device, ...more] = splitSpaces(text)
      if (word === 'IPTABLES_COMMAND') command = cpUnquote(rest)
      else if (word === 'drop' && type === 'dev' && device !== undefined && more.length === 0)
        devices.push(cpUnquote(device))
      else context.error("arguments must follow 'drop dev DEVNAME'")
    }
    return { devices, command }
  },

  open(self): { filtered: string[] } {
    const { devices, command } = self.plan
    const filtered: string[] = []
    try {
      for (const device of devices) {
        filterDevice(device, true, command)
        filtered.push(device)
      }
    } catch (error) {
      for (const device of filtered.reverse()) filterDevice(device, false, command)
      throw error
    }
    return { filtered }
  },

  carries: (self, old) => JSON.stringify(self.plan) === JSON.stringify(old.plan),

  close(self) {
    for (const device of self.resource.filtered.reverse()) {
      try {
        filterDevice(device, false, self.plan.command)
      } catch (error) {
        self.router.print(`${self.name} :: ${self.className}: ${(error as Error).message}`)
      }
    }
  },
})
