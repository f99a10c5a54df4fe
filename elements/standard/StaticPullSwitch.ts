/*
=c

StaticPullSwitch(INPUT)

=s scheduling

pulls from one of its inputs

=d

Pulls from input INPUT, always; a negative INPUT gives no packets. PullSwitch can change its input
while it runs.

=over 8

=item INPUT

Integer.

=back

=e

  q0 :: Queue -> [0] s :: StaticPullSwitch(1) -> ToDevice(eth0);
  q1 :: Queue -> [1] s;

=a PullSwitch, StaticSwitch
*/

import { arg, element } from '../../dataplane/element.ts'

export default element({
  name: 'StaticPullSwitch',
  ports: '-/1',
  processing: 'l/l',

  config: { INPUT: arg.int().at().must() },

  configure(config, context) {
    if (config.INPUT >= context.ninputs) context.error(`input must be < ${context.ninputs}`)
  },

  pull(self) {
    const { INPUT } = self.config
    return INPUT < 0 ? null : self.in[INPUT]!()
  },
})
