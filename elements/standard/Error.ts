/*
=c

Error(MESSAGE)

=s control

refuses the configuration with an error message

=d

A configuration with an Error element is refused, with MESSAGE among the errors.

=a Message
*/

import { arg, element } from '../../dataplane/element.ts'

export default element({
  name: 'Error',
  ports: '0/0',

  config: { MESSAGE: arg.string('').at() },

  configure(config, context) {
    context.error(config.MESSAGE)
  },
})
