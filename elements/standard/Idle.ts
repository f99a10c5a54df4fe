/*
=c

Idle

=s basicsources

discards packets

=d

Has any number of inputs and outputs. Packets that come in are discarded; no
packet ever goes out.

=e

  Idle -> [1]scheduler;

=a Discard
*/

import { element } from '../../dataplane/element.ts'

export default element({
  name: 'Idle',
  ports: '-/-',
  processing: 'a/a',
  flow: 'x/y',
  config: {},

  push(self, _port, p) {
    self.kill(p)
  },

  pull() {
    return null
  },
})
