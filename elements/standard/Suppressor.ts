/*
=c

Suppressor

=s classification

passes packets unchanged, except on ports that are switched off

=d

Has as many outputs as inputs; packets go from input I<n> to output I<n>, pushed or pulled. A port
can be switched off by its handler: what is pushed to it is then dropped, and who pulls from it gets
nothing.

=h active0...activeI<n> read/write

Returns or sets whether a port is on. All are at first.

=h drops read-only

Returns the number of packets dropped.

=h reset write-only

Switches all ports on.

=e

  FromDevice(eth0) -> s :: Suppressor -> ...;
  Script(wait 10s, write s.active0 false);

=a Switch, PullSwitch
*/

import { element } from '../../dataplane/element.ts'
import { SETTINGS, toBool } from '../lib/settings.ts'

export default element({
  name: 'Suppressor',
  ports: '-/=',
  processing: 'a/a',
  flow: '#/#',
  config: {},

  counters: { drops: 'packets pushed to a port that is off' },

  local: SETTINGS,

  open(self): boolean[] {
    return new Array<boolean>(self.ninputs).fill(true)
  },

  push(self, port, p) {
    if (self.resource[port] === true) self.out[port]!(p)
    else {
      self.counters.drops++
      self.kill(p)
    }
  },

  pull(self, port) {
    return self.resource[port] === true ? self.in[port]!() : null
  },

  handlers: {
    reset: {
      button: true,
      write(self) {
        self.resource.fill(true)
        self.notify()
      },
    },
    '*': {
      has: (self, name) => portOf(name) < self.ninputs,
      read: (self, _arg, name) => String(self.resource[portOf(name)]),
      write(self, value, name) {
        self.resource[portOf(name)] = toBool(value)
        self.notify()
      },
    },
  },
})

/** Of 'active3', 3; of another name, Infinity. */
function portOf(name: string): number {
  const port = /^active(\d+)$/.exec(name)?.[1]
  return port === undefined ? Infinity : Number(port)
}
