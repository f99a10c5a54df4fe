/*
=c

PushNull

=s basicmod

passes packets unchanged, push only

=d

Like Null, but its ports are push.

=a Null, PullNull
*/

import { element } from '../../dataplane/element.ts'

export default element({
  name: 'PushNull',
  ports: '1/1',
  processing: 'h/h',
  config: {},

  action(_self, p) {
    return p
  },
})
