/*
=c

Message(MESSAGE [, TYPE])

=s control

prints a message at configuration time

=d

Prints MESSAGE when the configuration is read. TYPE is C<MESSAGE> (the default),
C<WARNING> or C<ERROR>; an error refuses the configuration.

=e

  Message("needs a port to the outside", WARNING)

=a Error
*/

import { arg, element } from '../../dataplane/element.ts'

export default element({
  name: 'Message',
  ports: '0/0',

  config: {
    MESSAGE: arg.string().at().must(),
    TYPE: arg.text('MESSAGE').at(),
  },

  configure(config, context) {
    const type = config.TYPE.toUpperCase()
    if (type === 'ERROR') context.error(config.MESSAGE)
    else if (type === 'WARNING') context.warning(config.MESSAGE)
    else if (type === 'MESSAGE') context.message?.(config.MESSAGE)
    else context.error("unrecognized TYPE: use 'MESSAGE', 'WARNING', 'ERROR'")
  },
})
