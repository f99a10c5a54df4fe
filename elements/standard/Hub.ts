/*
=c

Hub

=s basictransfer

sends packets to all ports but their own

=d

A packet that comes by input I<n> goes out of every output but output I<n>, in the order of the
outputs: the last gets the packet itself, the others get copies. There are as many outputs as
inputs. What it carries need not be Ethernet.

=h drops read-only

Returns the number of copies that could not be made, since no frame was free.

=e

  ports :: Hub;
  FromDevice(a) -> [0] ports [0] -> Queue -> ToDevice(a);
  FromDevice(b) -> [1] ports [1] -> Queue -> ToDevice(b);

=a Tee
*/

import { element } from '../../dataplane/element.ts'

export default element({
  name: 'Hub',
  ports: '-/=',
  processing: 'h/h',
  flow: '#/[^#]',
  config: {},

  counters: { drops: 'copies not made, no frame was free' },

  push(self, port, p) {
    let last = self.noutputs - 1
    if (last === port) last--
    if (last < 0) {
      self.kill(p)
      return
    }
    for (let k = 0; k < last; k++) {
      if (k === port) continue
      const copy = self.router.pool.clone(p)
      if (copy === null) self.counters.drops++
      else self.out[k]!(copy)
    }
    self.out[last]!(p)
  },
})
