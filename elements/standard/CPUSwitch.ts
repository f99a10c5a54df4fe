/*
=c

CPUSwitch

=s threads

sends packets to outputs by thread

=d

Sends each packet to the output of the thread that works on it. The packets of a replica are worked
on by one thread, number 0: they go to output 0.

=a CPUQueue, RoundRobinSwitch
*/

import { element } from '../../dataplane/element.ts'

export default element({
  name: 'CPUSwitch',
  ports: '1/1-',
  processing: 'h/h',
  config: {},

  route() {
    return 0
  },
})
