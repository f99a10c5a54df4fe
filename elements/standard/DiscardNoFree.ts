/*
=c

DiscardNoFree

=s basicsources

drops all packets

=d

Drops what is pushed to it, or what it pulls. In Click it differs from Discard in that the packets'
memory is not freed, for measurements; here frames are always given back, since a replica has a
fixed number of them.

=a Discard
*/

import { element } from '../../dataplane/element.ts'

export default element({
  name: 'DiscardNoFree',
  ports: '1/0',
  processing: 'a/a',
  config: {},

  initialize(self) {
    if (self.inputKinds[0] === 'pull') self.schedule()
  },

  push(self, _port, p) {
    self.kill(p)
  },

  task(self) {
    if (self.inputKinds[0] !== 'pull') return false
    const p = self.in[0]!()
    if (p === null) return false
    self.kill(p)
    return true
  },
})
