/*
=c

Null

=s basicmod

passes packets unchanged

=d

Passes packets from its input to its output and does nothing else.

=a PushNull, PullNull
*/

import { element } from '../../dataplane/element.ts'

export default element({
  name: 'Null',
  ports: '1/1',
  config: {},

  action(_self, p) {
    return p
  },
})
