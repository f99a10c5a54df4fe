/*
=c

UpstreamNotifier(SIGNAL)

=s test

passes packets and tells sources whether to send

=d

Passes packets unchanged. Sources that push to it wait while its signal is false: a test of them.

=over 8

=item SIGNAL

Boolean.

=back

=h signal read/write

Returns or sets the signal.

=e

  InfiniteSource -> u :: UpstreamNotifier(false) -> Discard

=a Queue, NotifierDebug
*/

import { arg, element } from '../../dataplane/element.ts'
import { SETTINGS, toBool } from '../lib/settings.ts'

export default element({
  name: 'UpstreamNotifier',
  ports: '1/1',
  processing: 'h/h',
  notesFull: true,

  config: { SIGNAL: arg.bool().at().must() },

  local: SETTINGS,

  open(self): { signal: boolean } {
    return { signal: self.config.SIGNAL }
  },

  initialize(self) {
    self.signalFull(!self.resource.signal)
  },

  action(_self, p) {
    return p
  },

  handlers: {
    signal: {
      read: (self) => String(self.resource.signal),
      write(self, value) {
        self.resource.signal = toBool(value)
        self.signalFull(!self.resource.signal)
      },
    },
  },
})
