/*
=c

PullTee([N])

=s basictransfer

copies pulled packets to further outputs

=d

Pulls a packet when its output 0 is pulled. Copies of it are pushed out of outputs 1, 2 and so on;
the packet itself is the answer to the pull.

=over 8

=item N

Unsigned integer. Where given, there must be as many outputs.

=back

=h drops read-only

Returns the number of copies that could not be made, since no frame was free.

=e

  q :: Queue -> t :: PullTee -> ToDevice(eth0);
  t [1] -> ToDump(sent.pcap);

=a Tee
*/

import { arg, element } from '../../dataplane/element.ts'

export default element({
  name: 'PullTee',
  ports: '1/1-',
  processing: 'l/lh',

  config: { N: arg.count(0).at() },

  counters: { drops: 'copies not made, no frame was free' },

  configure(config, context) {
    if (config.N !== 0 && config.N !== context.noutputs)
      context.error(`${config.N} outputs are wanted, ${context.noutputs} are connected`)
  },

  pull(self) {
    const p = self.in[0]!()
    if (p === null) return null
    for (let k = 1; k < self.noutputs; k++) {
      const copy = self.router.pool.clone(p)
      if (copy === null) self.counters.drops++
      else self.out[k]!(copy)
    }
    return p
  },
})
