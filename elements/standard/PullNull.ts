/*
=c

PullNull

=s basicmod

passes packets unchanged, pull only

=d

Like Null, but its ports are pull.

=a Null, PushNull
*/

import { element } from '../../dataplane/element.ts'

export default element({
  name: 'PullNull',
  ports: '1/1',
  processing: 'l/l',
  config: {},

  action(_self, p) {
    return p
  },
})
