/*
=c

Null1

=s basictransfer

a further Null

=d

Does what Null does: passes packets unchanged. Null1 to Null8 are classes of their own, so that a
measurement can tell what several different elements cost from what one element cost several times.

=a Null
*/

import { element } from '../../dataplane/element.ts'

export default element({
  name: 'Null1',
  ports: '1/1',
  config: {},

  action(_self, p) {
    return p
  },
})
