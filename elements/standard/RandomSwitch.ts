/*
=c

RandomSwitch

=s classification

sends packets to random outputs

=d

Sends each packet to one of its outputs, each with the same probability.

=e

  ... -> r :: RandomSwitch;
  r [0] -> ...
  r [1] -> ...

=a RoundRobinSwitch, StrideSwitch, HashSwitch, RandomSample
*/

import { element } from '../../dataplane/element.ts'

export default element({
  name: 'RandomSwitch',
  ports: '1/1-',
  processing: 'h/h',
  config: {},

  route(self) {
    return Math.floor(self.router.random() * self.noutputs)
  },
})
