/*
=c

CheckLength(LENGTH)

=s classification

drops large packets

=d

A packet of at most LENGTH bytes goes to output 0. A longer one goes to output 1, or is dropped
where there is none.

=h length read/write

Returns or sets the LENGTH parameter.

=e

  ... -> CheckLength(1500) -> ...

=a Truncate, Resize
*/

import { arg, DROP, element } from '../../dataplane/element.ts'
import { SETTINGS, toInteger } from '../lib/settings.ts'

export default element({
  name: 'CheckLength',
  ports: '1/1-2',
  processing: 'a/ah',

  config: { LENGTH: arg.count().at().must() },

  local: SETTINGS,

  open(self): { length: number } {
    return { length: self.config.LENGTH }
  },

  route(self, p) {
    if (p.end - p.off <= self.resource.length) return 0
    return self.noutputs > 1 ? 1 : DROP
  },

  handlers: {
    length: {
      read: (self) => String(self.resource.length),
      write(self, value) {
        self.resource.length = toInteger(value, 0, 'LENGTH: invalid number')
      },
    },
  },
})
