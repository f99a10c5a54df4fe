/*
=c

Tee([N])

=s basictransfer

duplicates packets

=d

Sends a copy of each incoming packet out of every output. N, where given, is the
number of outputs. When no frame is free for a copy, the copy is not sent, and
C<drops> counts it.

=h drops read-only

Returns the number of copies that could not be made.

=a PaintTee
*/

import { arg, element } from '../../dataplane/element.ts'

export default element({
  name: 'Tee',
  ports: '1/1-',
  processing: 'h/h',

  config: { N: arg.count(0).at() },

  counters: { drops: 'copies not made, no frame was free' },

  configure(config, context) {
    if (config.N !== 0 && config.N !== context.noutputs)
      context.error(`${config.N} outputs are wanted, ${context.noutputs} are connected`)
  },

  push(self, _port, p) {
    const last = self.noutputs - 1
    for (let k = 0; k < last; k++) {
      const copy = self.router.pool.clone(p)
      if (copy === null) self.counters.drops++
      else self.out[k]!(copy)
    }
    self.out[last]!(p)
  },
})
