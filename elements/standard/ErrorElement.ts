/*
=c

ErrorElement(...)

=s debugging

cannot be initialised

=d

Takes any arguments and any connections, and refuses the configuration when it is initialised.
Click's programs put it where an element class is not known.

=a Error, Message
*/

import { element } from '../../dataplane/element.ts'

export default element({
  name: 'ErrorElement',
  ports: '-/-',
  processing: 'a/a',
  flow: 'x/y',
  config: 'raw',

  initialize(self, errors) {
    errors.error(`'${self.name}' stands for an element that is not known`)
  },

  push(self, _port, p) {
    self.kill(p)
  },

  pull() {
    return null
  },
})
